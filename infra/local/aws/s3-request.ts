import type { IncomingMessage } from 'node:http'
import { AwsError, notImplemented } from './aws-error.ts'
import { decode, queryOf } from './sigv4.ts'

/** An S3 call in path style, read. `key` is empty for a call on the bucket itself. */
export interface S3Request {
  readonly incoming: IncomingMessage
  readonly method: string
  readonly bucket: string
  readonly key: string
  readonly query: ReadonlyMap<string, string>
  readonly requestId: string
}

/** Query parameters that name another resource than the object; every one that is not handled is refused. */
const subresources = [
  'accelerate',
  'acl',
  'analytics',
  'attributes',
  'cors',
  'delete',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versioning',
  'versions',
  'website',
]

export function readS3Request(incoming: IncomingMessage, requestId: string): S3Request {
  const url = incoming.url ?? '/'
  const [bucket = '', ...rest] = (url.split('?', 1)[0] ?? '/').slice(1).split('/').map(decode)
  const key = rest.join('/')
  checkKey(key)
  return { incoming, method: incoming.method ?? 'GET', bucket, key, query: new Map(queryOf(url)), requestId }
}

/** `tagging`, `uploadId`, … or undefined for the object or bucket itself. */
export function subresourceOf({ query }: S3Request): string | undefined {
  return subresources.find((name) => query.has(name))
}

/** As S3 gives them, here and in `x-amz-copy-source`; undefined for the current version. */
export const readVersionId = ({ query }: Pick<S3Request, 'query'>) => checkVersionId(query.get('versionId'))

function checkVersionId(id: string | undefined): string | undefined {
  if (id === undefined || id === 'null' || /^[0-9a-f]{32}$/.test(id)) return id
  throw new AwsError('InvalidArgument', 400, 'Invalid version id specified')
}

/** `bucket/key` or `/bucket/key`, URL-encoded, with `?versionId=` or without, as `x-amz-copy-source` gives it. */
export function readCopySource(header: string) {
  const [source = '', query = ''] = header.split('?', 2)
  const [bucket = '', ...rest] = decode(source).replace(/^\//, '').split('/')
  const key = rest.join('/')
  if (bucket === '' || key === '')
    throw new AwsError('InvalidArgument', 400, 'Copy Source must mention the source bucket and key.')
  checkKey(key)
  return { bucket, key, versionId: checkVersionId(new Map(queryOf(`?${query}`)).get('versionId')) }
}

/** Keys are paths on this disk, so a few that S3 would take cannot be had; none may leave its bucket. */
function checkKey(key: string): void {
  const segments = key.split('/')
  const last = segments.length - 1
  const odd = segments.some(
    (segment, index) => segment === '.' || segment === '..' || (segment === '' && index < last),
  )
  if ((key !== '' && odd) || key.includes('\0')) throw notImplemented('keys with empty, "." or ".." segments')
}

/**
 * The `Range` header in the one form s3rver reads right, or undefined where S3 would answer the whole object
 * (no range, several ranges, not in bytes). Throws when the object has no such bytes.
 */
export function plainRange(header: string | undefined, size: number): string | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (first !== '' && last !== '' && Number(last) < start) return undefined
  if (start >= size || end < start)
    throw new AwsError('InvalidRange', 416, 'The requested range is not satisfiable')
  return `bytes=${start}-${end}`
}

interface Stamp {
  readonly etag: string
  readonly 'last-modified': string
}

const FAILED = () =>
  new AwsError('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold.')

/** `If-Match` and `If-Unmodified-Since`; s3rver answers the other two on reads. */
export function checkPreconditions(
  headers: IncomingMessage['headers'],
  stamp: Stamp | undefined,
  prefix = '',
): void {
  const header = (name: string) => headers[`${prefix}${name}`] as string | undefined
  const match = header('if-match')
  if (match !== undefined && (!stamp || !sameEtag(match, stamp.etag))) throw FAILED()
  if (match !== undefined || !stamp) return
  const unmodified = header('if-unmodified-since')
  if (unmodified !== undefined && Date.parse(stamp['last-modified']) > Date.parse(unmodified)) throw FAILED()
}

/** A copy has all four conditions on its source; a failed one is always a 412. */
export function checkCopyPreconditions(headers: IncomingMessage['headers'], stamp: Stamp): void {
  const prefix = 'x-amz-copy-source-'
  checkPreconditions(headers, stamp, prefix)
  const noneMatch = headers[`${prefix}if-none-match`] as string | undefined
  if (noneMatch !== undefined && sameEtag(noneMatch, stamp.etag)) throw FAILED()
  const modified = headers[`${prefix}if-modified-since`] as string | undefined
  if (modified !== undefined && Date.parse(stamp['last-modified']) <= Date.parse(modified)) throw FAILED()
}

const sameEtag = (asked: string, etag: string) =>
  asked === '*' || asked.split(',').some((one) => one.trim().replaceAll('"', '') === etag.replaceAll('"', ''))
