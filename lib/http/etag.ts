import { AppError } from '../errors.ts'

type Headers = Readonly<Record<string, string | undefined>>

/** A strong entity tag: the row's revision names its representation. */
export const etagOf = ({ revision }: { readonly revision: number }) => `"${revision}"`

/** Refuses a change of a resource that the client last saw in another state; no `If-Match`, no question. */
export function requireMatch(headers: Headers, row: { readonly revision: number }): void {
  const condition = headers['if-match']
  if (condition !== undefined && !holds(condition, etagOf(row))) throw new AppError('precondition_failed')
}

/** True when the client has this representation already. `If-None-Match` compares weakly (RFC 9110, 13.1.2). */
export function isUnchanged(headers: Headers, etag: string): boolean {
  const condition = headers['if-none-match']
  return condition !== undefined && holds(condition.replaceAll('W/', ''), etag)
}

const holds = (condition: string, etag: string) =>
  condition.trim() === '*' || condition.split(',').some((one) => one.trim() === etag)
