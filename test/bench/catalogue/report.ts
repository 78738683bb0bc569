import { readFile, writeFile } from 'node:fs/promises'
import os from 'node:os'
import { type CaseTimes, growthOf, mostGrowth, mostRatio } from './times.ts'

/** The figures of a library of so many tracks. */
export interface Measured {
  readonly tracks: number
  readonly times: readonly CaseTimes[]
}

interface Line {
  readonly name: string
  readonly cells: readonly string[]
  readonly misses: readonly string[]
}

const pretty = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
const short = (tracks: number) => (tracks >= 1_000_000 ? `${tracks / 1_000_000} M` : `${tracks / 1_000} k`)

function headOf(measured: readonly Measured[]): string[] {
  const growths = measured.slice(1).map(({ tracks }) => `growth to ${short(tracks)}`)
  const columns = measured.flatMap(({ tracks }) =>
    ['p50', 'p95', 'ratio'].map((of) => `${of} ${short(tracks)}`),
  )
  return ['Route', 'statements', ...columns, ...growths, '']
}

function linesOf(measured: readonly Measured[]): Line[] {
  return measured[0]!.times.map(({ name, statements }, at) => {
    const all = measured.map(({ tracks, times }) => ({ tracks, one: times[at]! }))
    const growths = all.slice(1).map(({ tracks, one }, before) => {
      const smaller = all[before]!
      return growthOf(smaller.one, one, tracks / smaller.tracks)
    })
    const misses = [
      ...(all.some(({ one }) => one.ratio > mostRatio) ? ['ratio'] : []),
      ...(all.some(({ one }) => one.ours.p95 > (one.goal_ms ?? Infinity))
        ? [`p95 ≤ ${all[0]!.one.goal_ms} ms`]
        : []),
      ...(growths.some((growth) => growth > mostGrowth) ? ['growth'] : []),
    ]
    const cells = [
      String(statements),
      ...all.flatMap(({ one }) => [pretty(one.ours.p50), pretty(one.ours.p95), `${one.ratio.toFixed(2)}×`]),
      ...growths.map((growth) => `${growth.toFixed(2)}×`),
    ]
    return { name, cells, misses }
  })
}

export function printTimes(measured: readonly Measured[]): void {
  const rows = linesOf(measured).map(({ name, cells, misses }) => [
    name,
    ...cells,
    misses.length > 0 ? `← ${misses.join(', ')}` : '',
  ])
  const table = [headOf(measured), ...rows]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  console.log('\nRoutes of the catalogue: ms, and how much of its bare statements each call takes')
  for (const row of table) {
    const cells = row.map((cell, at) =>
      at === 0 || at === row.length - 1 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!),
    )
    console.log(`  ${cells.join('  ').trimEnd()}`)
  }
}

/** The slow statements, with how the server goes about them. */
export function printPlans(measured: readonly Measured[]): void {
  for (const { tracks, times } of measured) {
    for (const { name, plan } of times) if (plan) console.log(`\n${name}, ${short(tracks)}\n${plan}`)
  }
}

const begin = '<!-- figures: written by `npm run bench` -->'
const end = '<!-- end of the figures -->'

/** What else the machine had to do: it tells how far the figures can be trusted. */
const [loadBefore] = os.loadavg()

const machine = () => {
  const [cpu] = os.cpus()
  const memory = Math.round(os.totalmem() / 2 ** 30)
  return `${os.cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${memory} GiB, Node ${process.versions.node}, load before ${loadBefore?.toFixed(1)}`
}

function toMarkdown(measured: readonly Measured[], command: string): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const head = headOf(measured)
  const rows = linesOf(measured).map(({ name, cells, misses }) =>
    row([`\`${name}\``, ...cells, misses.length > 0 ? `over: ${misses.join(', ')}` : '']),
  )
  const today = new Date().toISOString().slice(0, 10)
  return [
    `${today}, ${machine()}: \`${command}\``,
    '',
    row(head),
    row(head.map((_, at) => (at === 0 || at === head.length - 1 ? '---' : '---:'))),
    ...rows,
  ].join('\n')
}

/** Puts the figures in the place of those that a page has between its two marks. */
export async function writeMarkdown(file: string, measured: readonly Measured[], command: string) {
  const page = await readFile(file, 'utf8')
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file} has no place for the figures: ${begin} … ${end}`)
  const figures = `${begin}\n\n${toMarkdown(measured, command)}\n\n`
  await writeFile(file, page.slice(0, from) + figures + page.slice(to))
}
