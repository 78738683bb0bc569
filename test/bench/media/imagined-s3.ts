import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { mebibyte } from './section.ts'

/** A studio's: the more bytes a second, the sooner a large one is heard. */
export const master = { rate: 192_000, channels: 2, sampleBytes: 4 } as const
const frameBytes = master.channels * master.sampleBytes
const headerBytes = 44

/** What is next to a size and ends with a whole frame. */
export const masterBytes = (about: number) =>
  headerBytes + frameBytes * Math.floor((about - 1 - headerBytes) / frameBytes)

function masterHeader(sizeBytes: number): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.write('RIFF', 0)
  header.writeUInt32LE(sizeBytes - 8, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(master.channels, 22)
  header.writeUInt32LE(master.rate, 24)
  header.writeUInt32LE(master.rate * frameBytes, 28)
  header.writeUInt16LE(frameBytes, 32)
  header.writeUInt16LE(8 * master.sampleBytes, 34)
  header.write('data', 36)
  header.writeUInt32LE(sizeBytes - headerBytes, 40)
  return header
}

/** Answers the GETs of an SDK for `/<bucket>/<bytes>` with a WAV of so many bytes, which is nowhere. */
export async function startImaginedS3(): Promise<{ readonly url: string; readonly server: Server }> {
  const noise = randomFillSync(Buffer.alloc(mebibyte))
  const server = createServer((request, response) => {
    const size = Number(/^\/[^/]+\/(\d+)/.exec(request.url ?? '')?.[1])
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    const range = { first: Number(first ?? 0), last: Math.min(Number(last ?? size - 1), size - 1) }
    answer(response, size, range, noise).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

async function answer(
  response: ServerResponse,
  size: number,
  { first, last }: { readonly first: number; readonly last: number },
  noise: Buffer,
) {
  response.writeHead(206, {
    'content-length': last - first + 1,
    'content-range': `bytes ${first}-${last}/${size}`,
    etag: '"imagined"',
  })
  await pipeline(Readable.from(bytesOf(size, first, last, noise), { objectMode: true }), response)
}

function* bytesOf(size: number, first: number, last: number, noise: Buffer) {
  let at = first
  if (at < headerBytes) {
    const head = masterHeader(size).subarray(at, last + 1)
    yield head
    at += head.length
  }
  while (at <= last) {
    const from = at % noise.length
    const piece = noise.subarray(from, Math.min(from + 65_536, from + last - at + 1))
    yield piece
    at += piece.length
  }
}
