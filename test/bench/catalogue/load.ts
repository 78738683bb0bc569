import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type postgres from 'postgres'

export interface Load {
  readonly table: string
  readonly columns: readonly string[]
  readonly rows: Iterable<readonly unknown[]>
  /** About how many. */
  readonly count: number
}

/** Of this many characters each; many small ones would cost a call each. */
const chunkSize = 256 * 1024

/**
 * Fills a table by COPY; `tell` hears of every so many rows. The table was emptied in the same transaction: so no
 * log is written, and the rows are frozen at once, but for those of a table in parts. The stream of the driver says
 * nothing of its own backpressure that a loop could wait for, and the process would hold all rows: `pipeline` does.
 */
export async function copyRows(
  sql: postgres.ISql,
  { table, columns, rows }: Load,
  tell: (rows: number) => void,
) {
  const [{ is_whole: isWhole }] = await sql<[{ is_whole: boolean }]>`
    select relkind = 'r' as is_whole from pg_class where oid = ${table}::regclass
  `
  const options = isWhole ? sql`with (freeze)` : sql``
  const copy = sql`copy ${sql(table)} (${sql(columns as string[])}) from stdin ${options}`
  const stream = await copy.writable()
  await pipeline(Readable.from(chunksOf(rows, tell), { objectMode: false, highWaterMark: chunkSize }), stream)
}

function* chunksOf(rows: Load['rows'], tell: (rows: number) => void) {
  let lines: string[] = []
  let length = 0
  for (const row of rows) {
    const line = `${row.map(toText).join('\t')}\n`
    lines.push(line)
    length += line.length
    if (length < chunkSize) continue
    yield lines.join('')
    tell(lines.length)
    lines = []
    length = 0
  }
  yield lines.join('')
  tell(lines.length)
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return '\\N'
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return escapeText(`{${value.map((one) => `"${one}"`).join(',')}}`)
  return escapeText(String(value))
}

const escapeText = (text: string) =>
  /[\\\t\n\r]/.test(text)
    ? text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
    : text

export interface Index {
  readonly table: string
  readonly definition: string
}

/** Takes the indexes of tables away and answers how to bring them back: built at once, they cost a fraction. */
export async function takeIndexes(sql: postgres.ISql, tables: readonly string[]): Promise<readonly Index[]> {
  const indexes = await sql<(Index & { name: string })[]>`
    select c.relname as name, i.indrelid::regclass::text as table,
      -- That of a table in parts says ONLY, and would leave the parts without.
      replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') as definition
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    where i.indrelid = any(${tables as string[]}::regclass[])
      and not exists (select from pg_constraint where conindid = i.indexrelid)
  `
  for (const { name } of indexes) await sql`drop index ${sql(name)}`
  return indexes
}
