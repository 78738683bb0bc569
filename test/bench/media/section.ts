import { readFile, writeFile } from 'node:fs/promises'
import { alignTable, circumstances, markdownTable, replaceBetween, replaceRow } from '../page.ts'

export const partNames = ['scan', 'metadata', 'memory', 'ready', 'burst', 'analysis'] as const
export type PartName = (typeof partNames)[number]

/** A row of the README's table: what was measured, what came of it, and the goal. */
export type Summary = readonly [what: string, figure: string, goal: string]

/** What one part has found. */
export interface Section {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** How the figures are to be read. */
  readonly notes: readonly string[]
  readonly summary: readonly Summary[]
}

export function printSection({ title, head, rows, notes }: Section): void {
  console.log(`\n${title}\n${alignTable(head, rows)}`)
  for (const note of notes) console.log(`  ${note}`)
}

const placeOf = (name: PartName) =>
  [`<!-- media ${name}: written by \`npm run bench\` -->`, `<!-- end of media ${name} -->`] as const

/** Each part has a place of its own in the page, so that those that were not measured keep their figures. */
export function putSection(page: string, name: PartName, section: Section, command: string): string {
  const { title, head, rows, notes } = section
  const parts = [`### ${title}`, circumstances(command), markdownTable(head, rows), notes.join(' ')]
  return replaceBetween(page, placeOf(name), parts.filter(Boolean).join('\n\n'))
}

export async function writeSection(file: string, name: PartName, section: Section, command: string) {
  await writeFile(file, putSection(await readFile(file, 'utf8'), name, section, command))
  const readme = await readFile('README.md', 'utf8')
  await writeFile('README.md', section.summary.reduce<string>(replaceRow, readme))
}

export const mebibyte = 1024 ** 2

/** Three figures that count, whatever the size. */
export function pretty(value: number): string {
  if (value === 0) return '0'
  return value.toFixed(value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0)
}

export const times = (ratio: number) => `${ratio.toFixed(2)}×`

/** From the least to the most, as short as they may be told. */
export function rangeOf(values: readonly number[], show = (value: number) => value.toFixed(2)): string {
  const [least, most] = [show(Math.min(...values)), show(Math.max(...values))]
  return least === most ? least : `${least} – ${most}`
}
