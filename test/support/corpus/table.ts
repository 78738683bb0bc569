import type { CorpusFile } from './file.ts'

/** What became of a file. */
export interface CorpusRow {
  readonly file: CorpusFile
  readonly verdict: string
  readonly reason: string | null
  readonly picture: string | null
  /** Of the original, for its metadata. */
  readonly bytesRead: number
  readonly ms: number
}

const columns = ['file', 'size', 'expected', 'verdict', 'reason', 'picture', 'read', 'ms'] as const
const numbers: readonly string[] = ['size', 'read', 'ms']

/** For people to look at. */
export function toTable(rows: readonly CorpusRow[]): string {
  const cells: Record<string, string>[] = rows.map(({ file, ...row }) => ({
    file: file.name,
    size: String(file.bytes.length),
    expected: file.expected,
    verdict: row.verdict,
    reason: row.reason ?? '',
    picture: row.picture ?? '',
    read: row.bytesRead ? String(row.bytesRead) : '',
    ms: row.ms.toFixed(0),
  }))
  const heading = Object.fromEntries(columns.map((name) => [name, name]))
  const all = [heading, ...cells]
  const widths = columns.map((name) => Math.max(...all.map((row) => row[name]!.length)))
  const toLine = (row: Record<string, string>) =>
    columns
      .map((name, at) =>
        numbers.includes(name) ? row[name]!.padStart(widths[at]!) : row[name]!.padEnd(widths[at]!),
      )
      .join('  ')
      .trimEnd()
  return all.map(toLine).join('\n')
}
