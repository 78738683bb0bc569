import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Db } from './client.ts'
import { asDriverQuery } from './driver.ts'

export type CopyValue = string | number | boolean | Date | Buffer | object | null | undefined

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A value as COPY reads it in its text format; objects become JSON. */
function toCopyField(value: CopyValue): string {
  if (value === null || value === undefined) return '\\N'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (value instanceof Date) return value.toISOString()
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /[\\\n\r\t]/.test(text) ? text.replace(/[\\\n\r\t]/g, (char) => escapes[char]!) : text
}

const toCopyLine = (values: readonly CopyValue[]): string => `${values.map(toCopyField).join('\t')}\n`

/** Large enough that a batch takes few writes, small enough that none is copied around much. */
const chunkSize = 64 * 1024

function* toChunks(rows: Iterable<readonly CopyValue[]>) {
  let chunk = ''
  for (const row of rows) {
    chunk += toCopyLine(row)
    if (chunk.length >= chunkSize) {
      yield chunk
      chunk = ''
    }
  }
  if (chunk) yield chunk
}

/** Of all rows; it can take no more than a function has. */
const copyMs = 30_000

/** Writes rows into a table of a transaction, in one go. */
export async function copyInto(
  tx: Db,
  { table, columns }: { readonly table: string; readonly columns: readonly string[] },
  rows: Iterable<readonly CopyValue[]>,
): Promise<void> {
  const query = tx`copy ${tx(table)} (${tx(columns)}) from stdin`
  const sink = await query.writable()
  // The driver has answered with the stream by now, and would tell nobody that the server refuses what comes by it.
  asDriverQuery(query).reject = (error) => sink.destroy(error as Error)
  await pipeline(Readable.from(toChunks(rows)), sink, { signal: AbortSignal.timeout(copyMs) })
}
