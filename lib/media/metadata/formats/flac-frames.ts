import type { RangedSource } from '../ranged-source.ts'

export interface StreamInfo {
  readonly blockSize: number
  /** 0 where the encoder did not say. */
  readonly largestFrameBytes: number
  readonly sample_rate_hz: number
  readonly channels: number
  readonly bit_depth: number
  /** 0 where the encoder did not know. */
  readonly totalSamples: number
}

export const streamInfoBytes = 34

export function readStreamInfo(block: Buffer): StreamInfo {
  return {
    blockSize: block.readUInt16BE(2),
    largestFrameBytes: block.readUIntBE(7, 3),
    sample_rate_hz: block.readUIntBE(10, 3) >> 4,
    channels: ((block[12]! >> 1) & 7) + 1,
    bit_depth: (((block[12]! & 1) << 4) | (block[13]! >> 4)) + 1,
    totalSamples: (block[13]! & 15) * 2 ** 32 + block.readUInt32BE(14),
  }
}

const leastTailBytes = 64 * 1024
const mostTailBytes = 1024 * 1024

export interface LastFrame {
  readonly position: number
  /** Of all that was heard by its end. */
  readonly samples: number
}

/** The frame that ends where STREAMINFO says, or where it does not say, the last one there is. */
export async function findLastFrame(
  source: RangedSource,
  info: StreamInfo,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<LastFrame | undefined> {
  const length = Math.min(Math.max(leastTailBytes, 2 * info.largestFrameBytes), mostTailBytes)
  const from = Math.max(start, end - length)
  const tail = await source.read(from, end - from)
  for (let at = tail.length - 6; at >= 0; at--) {
    if (tail[at] !== 0xff || (tail[at + 1]! & 0xfe) !== 0xf8) continue
    const samples = frameEnd(tail.subarray(at), info)
    if (samples !== undefined && (info.totalSamples === 0 || samples === info.totalSamples)) {
      return { position: from + at, samples }
    }
  }
  return undefined
}

/** The sample behind the frame, if a frame it is. */
function frameEnd(bytes: Uint8Array, info: StreamInfo): number | undefined {
  const [, flags = 0, sizes = 0, layout = 0] = bytes
  if (channelsOf(layout >> 4) !== info.channels || layout & 1) return undefined
  const number = readCodedNumber(bytes.subarray(4))
  if (!number) return undefined
  const sizeAt = 4 + number.length
  const block = blockSizeOf(sizes >> 4, bytes, sizeAt)
  if (!block) return undefined
  const rateBytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2][sizes & 15]
  if (rateBytes === undefined) return undefined
  const crcAt = sizeAt + block.length + rateBytes
  if (crc8(bytes.subarray(0, crcAt)) !== bytes[crcAt]) return undefined
  const first = flags & 1 ? number.value : number.value * info.blockSize
  return first + block.samples
}

const channelsOf = (code: number) => (code < 8 ? code + 1 : code < 11 ? 2 : 0)

function blockSizeOf(code: number, bytes: Uint8Array, at: number) {
  const [high = 0, low = 0] = bytes.subarray(at, at + 2)
  if (code === 0) return undefined
  if (code === 1) return { samples: 192, length: 0 }
  if (code < 6) return { samples: 576 << (code - 2), length: 0 }
  if (code === 6) return { samples: high + 1, length: 1 }
  if (code === 7) return { samples: ((high << 8) | low) + 1, length: 2 }
  return { samples: 256 << (code - 8), length: 0 }
}

/** Numbers are written as UTF-8 writes characters, up to 36 bits. */
function readCodedNumber(bytes: Uint8Array): { value: number; length: number } | undefined {
  const [first] = bytes
  if (first === undefined) return undefined
  const length = Math.clz32(~(first << 24)) || 1
  if ((first & 0xc0) === 0x80 || length > 7) return undefined
  let value = length === 1 ? first : first & (0x7f >> length)
  for (const byte of bytes.subarray(1, length)) {
    if ((byte & 0xc0) !== 0x80) return undefined
    value = value * 64 + (byte & 0x3f)
  }
  return { value, length }
}

function crc8(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1
  }
  return crc
}

/**
 * Bytes of a frame up to the checksum in its end; undefined where it does not come. Within a frame the sum is right by
 * chance every 64 KiB, so the last place where it is counts: in a whole file that is the end of it.
 */
export function checkedLength(bytes: Uint8Array): number | undefined {
  let [crc, length] = [0, 0]
  for (let at = 0; at < bytes.length; at++) {
    crc = ((crc << 8) ^ crc16Table[(crc >> 8) ^ bytes[at]!]!) & 0xffff
    if (crc === 0) length = at + 1
  }
  return length < smallestFrameBytes ? undefined : length
}

/** Less than a header, an empty subframe and the checksum. */
const smallestFrameBytes = 8

const crc16Table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x8005 : crc << 1
  return crc & 0xffff
})
