import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'

type Headers = Readonly<Record<string, string | undefined>>

interface Row {
  readonly revision: number
}

/** A strong entity tag: the row's revision names its representation. */
export const etagOf = ({ revision }: Row) => `"${revision}"`

/**
 * The tag of what is shown with more than its row: counts, and what the caller has to do with it. A digest of all
 * of it follows the revision, so that nothing of it changes behind a 304; `If-Match` looks at the revision alone.
 */
export const etagOfShown = (row: Row) => {
  const digest = createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, digestLength)
  return `"${row.revision}-${digest}"`
}

const digestLength = 8

/** Refuses a change of a resource that the client last saw in another state; no `If-Match`, no question. */
export function requireMatch(headers: Headers, row: Row): void {
  const condition = headers['if-match']
  if (condition !== undefined && !holds(withoutDigests(condition), etagOf(row))) {
    throw new AppError('precondition_failed')
  }
}

/** Sees the present row before it changes, and may throw. */
export type Confirm = (row: Row) => void

/** What a service asks before it changes a row, so that it need not know of headers. */
export const matching =
  (headers: Headers): Confirm =>
  (row) =>
    requireMatch(headers, row)

const withoutDigests = (condition: string) => condition.replaceAll(/(?<="\d+)-[\da-f]{8}(?=")/g, '')

/** True when the client has this representation already. `If-None-Match` compares weakly (RFC 9110, 13.1.2). */
export function isUnchanged(headers: Headers, etag: string): boolean {
  const condition = headers['if-none-match']
  return condition !== undefined && holds(condition.replaceAll('W/', ''), etag)
}

const holds = (condition: string, etag: string) =>
  condition.trim() === '*' || condition.split(',').some((one) => one.trim() === etag)
