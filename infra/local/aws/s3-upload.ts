import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { AwsChunkedDecoder } from './aws-chunked.ts'
import { AwsError, notImplemented } from './aws-error.ts'

/** What a stored body must come to, or it is not stored. */
export interface UploadCheck {
  readonly algorithm: 'md5' | 'sha1' | 'sha256' | 'crc32'
  readonly encoding: 'hex' | 'base64'
  readonly code: string
  readonly message: string
  /** Read when the body has ended: a trailing checksum comes last. */
  expected(): string | undefined
}

export interface Upload {
  readonly body: Readable
  readonly checks: readonly UploadCheck[]
  readonly size: number
  /** `If-None-Match: *`: refuse where the object is there already. */
  readonly createOnly: boolean
  /** Where it is not the MD5 of the body. */
  readonly etag?: string
}

const TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
const checksums = {
  'x-amz-checksum-sha256': 'sha256',
  'x-amz-checksum-sha1': 'sha1',
  'x-amz-checksum-crc32': 'crc32',
} as const

/** What the headers promise of the body. Promises that cannot be checked here are refused, never ignored. */
export function readUpload(incoming: IncomingMessage): Upload {
  const { headers } = incoming
  const contentHash = String(headers['x-amz-content-sha256'] ?? '')
  if (contentHash.startsWith('STREAMING-') && contentHash !== TRAILER) {
    throw notImplemented(`S3 bodies of the kind ${contentHash}; use UNSIGNED-PAYLOAD or ${TRAILER}`)
  }
  const chunked = contentHash === TRAILER ? new AwsChunkedDecoder() : undefined
  const size = headers[chunked ? 'x-amz-decoded-content-length' : 'content-length']
  if (size === undefined) {
    throw new AwsError('MissingContentLength', 411, 'You must provide the Content-Length HTTP header.')
  }
  return {
    body: chunked ? incoming.pipe(chunked) : incoming,
    checks: [...headerChecks(headers, contentHash), ...trailerChecks(headers, chunked)],
    size: Number(size),
    createOnly: readCreateOnly(headers),
  }
}

function headerChecks(headers: IncomingHttpHeaders, contentHash: string): UploadCheck[] {
  const checks: UploadCheck[] = Object.entries(checksums).flatMap(([name, algorithm]) =>
    headers[name] === undefined ? [] : [checksumCheck(name, algorithm, () => String(headers[name]))],
  )
  const unknown = Object.keys(headers).find(
    (name) => /^x-amz-checksum-(?!algorithm|mode|type)/.test(name) && !(name in checksums),
  )
  if (unknown) throw notImplemented(`the checksum ${unknown}`)
  if (headers['content-md5'] !== undefined) {
    checks.push(checksumCheck('content-md5', 'md5', () => String(headers['content-md5'])))
  }
  if (/^[0-9a-f]{64}$/.test(contentHash)) {
    checks.push({
      algorithm: 'sha256',
      encoding: 'hex',
      code: 'XAmzContentSHA256Mismatch',
      message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
      expected: () => contentHash,
    })
  }
  return checks
}

function trailerChecks(headers: IncomingHttpHeaders, chunked: AwsChunkedDecoder | undefined): UploadCheck[] {
  const name = String(headers['x-amz-trailer'] ?? '').toLowerCase()
  if (!chunked || name === '') return []
  const algorithm = checksums[name as keyof typeof checksums]
  if (!algorithm) throw notImplemented(`the trailing checksum ${name}`)
  return [checksumCheck(name, algorithm, () => chunked.trailers.get(name) ?? 'missing')]
}

function checksumCheck(
  name: string,
  algorithm: UploadCheck['algorithm'],
  expected: () => string,
): UploadCheck {
  const message = `The ${name} you specified did not match the calculated checksum.`
  return { algorithm, encoding: 'base64', code: 'BadDigest', message, expected }
}

export function readCreateOnly(headers: IncomingHttpHeaders): boolean {
  const noneMatch = headers['if-none-match']
  if (noneMatch !== undefined && noneMatch !== '*')
    throw notImplemented('If-None-Match with an ETag on a write')
  return noneMatch === '*'
}
