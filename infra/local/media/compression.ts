import type { Transform } from 'node:stream'
import { createBrotliCompress, createGzip } from 'node:zlib'
import type { ObjectAnswer } from './object-answer.ts'

/** The types that CloudFront compresses, of those we have. */
const compressible = new Set(['application/json', 'image/svg+xml', 'text/plain'])
const smallest = 1_000
const largest = 10_000_000

export interface Compressed {
  readonly headers: Record<string, string>
  readonly encoder: Transform
}

/** What the edge makes of a whole answer that is worth it; undefined where it leaves it as it is. */
export function compress(
  { status, headers }: ObjectAnswer,
  accepted: string | undefined,
): Compressed | undefined {
  const { 'content-length': length, ...others } = headers
  const size = Number(length)
  const type = headers['content-type']?.split(';', 1)[0] ?? ''
  const isWorthIt = compressible.has(type) && size >= smallest && size <= largest
  const encoding = preferred(accepted)
  if (status !== 200 || !isWorthIt || headers['content-encoding'] || !encoding) return undefined
  return {
    headers: {
      ...others,
      'content-encoding': encoding,
      vary: 'Accept-Encoding',
      // The bytes are others, so that no range of them goes with one of the object's.
      etag: `W/${headers.etag}`,
    },
    encoder: encoding === 'br' ? createBrotliCompress() : createGzip(),
  }
}

function preferred(accepted = ''): 'br' | 'gzip' | undefined {
  const offered = accepted
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => !/;\s*q=0(\.0*)?$/.test(entry))
    .map((entry) => entry.split(';', 1)[0])
  return (['br', 'gzip'] as const).find((encoding) => offered.includes(encoding))
}
