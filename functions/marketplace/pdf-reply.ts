import { preferredType } from '../../lib/http/accept.ts'
import { isUnchanged } from '../../lib/http/etag.ts'
import { Reply } from '../../lib/http/route.ts'

interface Document<T> {
  /** Without its ending; what browsers save it as. */
  readonly name: string
  readonly revision: number
  readonly json: T
  readonly render: () => Promise<Uint8Array>
}

/** A document as it is, or as a PDF for those who accept that rather; each has an entity tag of its own. */
export async function replyDocument<T>(
  headers: Readonly<Record<string, string | undefined>>,
  { name, revision, json, render }: Document<T>,
): Promise<Reply<T | Uint8Array>> {
  const type = preferredType(headers.accept, ['application/json', 'application/pdf'])
  if (type === 'application/json') return new Reply<T | Uint8Array>(json, { etag: `"${revision}"` })
  const etag = `"${revision}-pdf"`
  // Nobody draws what is not sent.
  const bytes = isUnchanged(headers, etag) ? new Uint8Array() : await render()
  const disposition = `attachment; filename="${name}.pdf"`
  return new Reply<T | Uint8Array>(bytes, { etag, headers: { 'content-disposition': disposition } })
}
