import os from 'node:os'

/** What else the machine had to do before: it tells how far the figures can be trusted. */
const [loadBefore] = os.loadavg()

/** On what and when the figures were measured, and by which command. */
export function circumstances(command: string): string {
  const [cpu] = os.cpus()
  const memory = Math.round(os.totalmem() / 2 ** 30)
  const machine = `${os.cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${memory} GiB, Node ${process.versions.node}`
  const today = new Date().toISOString().slice(0, 10)
  return `${today}, ${machine}, load before ${loadBefore?.toFixed(1)}: \`${command}\``
}

type Row = readonly string[]

/** For a terminal: the first and the last column to the left, figures to the right. */
export function alignTable(head: Row, rows: readonly Row[]): string {
  const table = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  const isText = (at: number) => at === 0 || at === head.length - 1
  return table
    .map((row) => row.map((cell, at) => (isText(at) ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))))
    .map((cells) => `  ${cells.join('  ').trimEnd()}`)
    .join('\n')
}

const toRow = (cells: Row) => `| ${cells.join(' | ')} |`

export function markdownTable(head: Row, rows: readonly Row[]): string {
  const isText = (at: number) => at === 0 || at === head.length - 1
  return [toRow(head), toRow(head.map((_, at) => (isText(at) ? '---' : '---:'))), ...rows.map(toRow)].join(
    '\n',
  )
}

/** Puts the text in the place of what a page has between two of its lines. */
export function replaceBetween(page: string, [begin, end]: readonly [string, string], text: string): string {
  const from = page.indexOf(begin)
  const to = page.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`The page has no place for the figures: ${begin} … ${end}`)
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`
}

/** Writes the row of a table anew that begins with the same cell. */
export function replaceRow(page: string, row: Row): string {
  const lines = page.split('\n')
  const at = lines.findIndex((line) => line.startsWith(`| ${row[0]} |`))
  if (at < 0) throw new Error(`The page has no row "${row[0]}"`)
  return lines.with(at, toRow(row)).join('\n')
}
