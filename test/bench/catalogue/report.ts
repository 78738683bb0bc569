import { readFile, writeFile } from 'node:fs/promises'
import { alignTable, circumstances, markdownTable, replaceBetween } from '../page.ts'
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
  console.log('\nRoutes of the catalogue: ms, and how much of its bare statements each call takes')
  console.log(alignTable(headOf(measured), rows))
}

/** The slow statements, with how the server goes about them. */
export function printPlans(measured: readonly Measured[]): void {
  for (const { tracks, times } of measured) {
    for (const { name, plan } of times) if (plan) console.log(`\n${name}, ${short(tracks)}\n${plan}`)
  }
}

const place = ['<!-- figures: written by `npm run bench` -->', '<!-- end of the figures -->'] as const

function toMarkdown(measured: readonly Measured[], command: string): string {
  const rows = linesOf(measured).map(({ name, cells, misses }) => [
    `\`${name}\``,
    ...cells,
    misses.length > 0 ? `over: ${misses.join(', ')}` : '',
  ])
  return `${circumstances(command)}\n\n${markdownTable(headOf(measured), rows)}`
}

/** Puts the figures in the place of those that a page has between its two marks. */
export async function writeMarkdown(file: string, measured: readonly Measured[], command: string) {
  const page = await readFile(file, 'utf8')
  await writeFile(file, replaceBetween(page, place, toMarkdown(measured, command)))
}
