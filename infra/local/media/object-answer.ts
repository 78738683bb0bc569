import type { IncomingHttpHeaders } from 'node:http'
import type { ObjectMetadata } from '@20minutes/s3rver/lib/stores/filesystem.js'

/** Both ends included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface ObjectAnswer {
  readonly status: 200 | 206 | 304 | 412 | 416
  /** What of the object is sent; undefined for nothing. */
  readonly range: ByteRange | undefined
  readonly headers: Record<string, string>
}

/** How S3 answers a GET or HEAD of an object, conditions and ranges included (RFC 9110, 13.2.2). */
export function answerObject(asked: IncomingHttpHeaders, metadata: ObjectMetadata): ObjectAnswer {
  const size = metadata['content-length']
  const described = describe(metadata)
  const refused = precondition(asked, metadata)
  if (refused !== undefined) return { status: refused, range: undefined, headers: described }
  const range = rangeOf(asked, metadata)
  if (range === 'unsatisfiable') {
    return { status: 416, range: undefined, headers: { 'content-range': `bytes */${size}` } }
  }
  const headers = { ...described, 'content-length': String(size) }
  if (range === undefined) return { status: 200, range: { start: 0, end: size - 1 }, headers }
  const { start, end } = range
  return {
    status: 206,
    range,
    headers: {
      ...headers,
      'content-length': String(end - start + 1),
      'content-range': `bytes ${start}-${end}/${size}`,
    },
  }
}

const told = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires']

const describe = (metadata: ObjectMetadata): Record<string, string> => ({
  etag: metadata.etag,
  'last-modified': new Date(metadata['last-modified']).toUTCString(),
  'accept-ranges': 'bytes',
  'content-type': String(metadata['content-type'] ?? 'binary/octet-stream'),
  ...Object.fromEntries(
    told.filter((name) => metadata[name] !== undefined).map((name) => [name, String(metadata[name])]),
  ),
})

function precondition(asked: IncomingHttpHeaders, metadata: ObjectMetadata): 304 | 412 | undefined {
  const modified = seconds(metadata['last-modified'])
  const { 'if-match': match, 'if-none-match': noneMatch } = asked
  const since = asked['if-modified-since']
  const unmodified = asked['if-unmodified-since']
  if (match !== undefined) {
    if (!names(match, metadata.etag)) return 412
  } else if (unmodified !== undefined && modified > seconds(unmodified)) return 412
  if (noneMatch !== undefined) return names(noneMatch, metadata.etag) ? 304 : undefined
  return since !== undefined && modified <= seconds(since) ? 304 : undefined
}

/** A tag that was made weak by compression still names the same object. */
const names = (list: string, etag: string) =>
  list.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)

const seconds = (date: string) => Math.floor(Date.parse(date) / 1000)

/** One range is honoured; several, or one that cannot be read, are the whole object, as S3 has it. */
function rangeOf(
  asked: IncomingHttpHeaders,
  metadata: ObjectMetadata,
): ByteRange | 'unsatisfiable' | undefined {
  const size = metadata['content-length']
  const ifRange = asked['if-range']?.toString()
  const match = /^bytes=(\d*)-(\d*)$/.exec(asked.range?.trim() ?? '')
  if (!match || (match[1] === '' && match[2] === '') || !isStill(ifRange, metadata)) return undefined
  const [, first = '', last = ''] = match
  if (first !== '' && last !== '' && Number(first) > Number(last)) return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  return start > end ? 'unsatisfiable' : { start, end }
}

/** A range of what the client has begun to download, and no other object's; a weak tag promises no such thing. */
function isStill(validator: string | undefined, metadata: ObjectMetadata): boolean {
  if (validator === undefined || validator === metadata.etag) return true
  return !/^(W\/)?"/.test(validator) && seconds(validator) === seconds(metadata['last-modified'])
}
