import { Buffer } from 'node:buffer'
import { buffer } from 'node:stream/consumers'
import { ZipFile } from 'yazl'

/** The small pieces that files are made of and broken with. */

type Piece = string | Uint8Array | readonly number[]

export const bytes = (...parts: readonly Piece[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  )

export function uint32(value: number, order: 'BE' | 'LE' = 'BE'): Buffer {
  const out = Buffer.alloc(4)
  out[`writeUInt32${order}`](value >>> 0)
  return out
}

/** Seven bits a byte, as ID3 has it. */
export const syncSafe = (size: number) => Buffer.from([21, 14, 7, 0].map((shift) => (size >> shift) & 0x7f))

export const frame = (id: string, body: Uint8Array, { flags = 0, size = body.length } = {}) =>
  bytes(id, uint32(size), [0, flags], body)

export const text = (id: string, value: string) => frame(id, bytes([3], Buffer.from(value)))

/** The picture on the front. */
export const pictureFrame = (picture: Uint8Array, type = 'image/png') =>
  frame('APIC', bytes([0], type, [0, 3, 0], picture))

/** Version 2.3, whose frames have plain sizes. */
export function id3(...frames: readonly Uint8Array[]): Buffer {
  const body = bytes(...frames)
  return bytes('ID3\x03\0\0', syncSafe(body.length), body)
}

export const withId3 = (file: Buffer, ...frames: readonly Uint8Array[]) => bytes(id3(...frames), file)

export function chunk(id: string, body: Uint8Array, order: 'BE' | 'LE' = 'LE', size = body.length): Buffer {
  return bytes(id, uint32(size, order), body, body.length % 2 ? [0] : [])
}

/** A WAV or an AIFF with another chunk at its end. */
export function withChunk(file: Buffer, added: Buffer): Buffer {
  const out = bytes(file, added)
  if (out.toString('latin1', 0, 4) === 'FORM') out.writeUInt32BE(out.length - 8, 4)
  else out.writeUInt32LE(out.length - 8, 4)
  return out
}

export const box = (type: string, body: Uint8Array) => bytes(uint32(body.length + 8), type, body)

/** The first of these bytes replaced, which are as many. */
export function patch(file: Buffer, found: string, put: Piece, skip = 0): Buffer {
  const at = file.indexOf(found, 0, 'latin1')
  if (at < 0) throw new Error(`There is no ${found} in the file`)
  const out = Buffer.from(file)
  bytes(put).copy(out, at + skip)
  return out
}

export async function zip(files: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const archive = new ZipFile()
  for (const [name, body] of Object.entries(files)) archive.addBuffer(body, name)
  archive.end()
  return buffer(archive.outputStream)
}

/** The first part of a file, as when a transfer was cut off. */
export const cut = (file: Buffer, share: number) => file.subarray(0, Math.floor(file.length * share))

/** A PNG block by block: the checksums are what the readers of sizes never look at. */
export function png(width: number, height: number, ...blocks: readonly Buffer[]): Buffer {
  const header = bytes(uint32(width), uint32(height), [8, 2, 0, 0, 0])
  return bytes('\x89PNG\r\n\x1a\n', pngBlock('IHDR', header), ...blocks, pngBlock('IEND', Buffer.alloc(0)))
}

export const pngBlock = (type: string, body: Buffer) =>
  bytes(uint32(body.length), type, body, uint32(crc32(bytes(type, body))))

function crc32(data: Buffer): number {
  let crc = 0xffff_ffff
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1
  }
  return ~crc >>> 0
}

/** FLAC's picture block; in Ogg it stands among the comments, as text. */
export const pictureBlock = (picture: Uint8Array, type = 'image/png') =>
  bytes(uint32(3), uint32(type.length), type, uint32(0), Buffer.alloc(16), uint32(picture.length), picture)
