import { createHmac } from 'node:crypto'
import type * as z from 'zod/mini'
import { AppError } from '../errors.ts'

export type CursorValues = readonly (string | number)[]

const sealBytes = 12

/**
 * The position after a row, by the values it is sorted by. The seal finds what was cut, edited or taken from
 * another query (`scope` names the query with its filters). It keeps no secret and proves no origin: whoever
 * forges one gets another position in a list that they may read anyway.
 */
export function encodeCursor(scope: string, values: CursorValues): string {
  const payload = Buffer.from(JSON.stringify(values))
  return Buffer.concat([seal(scope, payload), payload]).toString('base64url')
}

export function decodeCursor(scope: string, cursor: string): (string | number)[]
/** With the schema of its values, so that even a forged one reaches no query with a wrong type. */
export function decodeCursor<T extends CursorValues>(
  scope: string,
  cursor: string,
  schema: z.ZodMiniType<T>,
): T
export function decodeCursor(scope: string, cursor: string, schema?: z.ZodMiniType): unknown {
  const bytes = Buffer.from(cursor, 'base64url')
  const payload = bytes.subarray(sealBytes)
  const isIntact =
    bytes.toString('base64url') === cursor && bytes.subarray(0, sealBytes).equals(seal(scope, payload))
  if (!isIntact) throw badCursor()
  const values: unknown = JSON.parse(payload.toString())
  const { success, data } = schema?.safeParse(values) ?? { success: true, data: values }
  if (!success) throw badCursor()
  return data
}

const seal = (scope: string, payload: Buffer) =>
  createHmac('sha256', `cursor:${scope}`).update(payload).digest().subarray(0, sealBytes)

const badCursor = () => new AppError('invalid_request', 'The cursor is not one of this list')

/** Makes the answer of a list from `limit + 1` rows: the one too many only tells that there are more. */
export function toPage<T>(rows: readonly T[], limit: number, cursorOf: (last: T) => string) {
  const data = rows.slice(0, limit)
  const last = data.at(-1)
  const has_more = rows.length > limit
  return { data, has_more, next_cursor: has_more && last !== undefined ? cursorOf(last) : null }
}
