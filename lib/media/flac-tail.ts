import type { RangedSource } from './ranged-source.ts'

interface StreamInfo {
  readonly blockSize: number
  readonly largestFrameBytes: number
  readonly channels: number
  readonly totalSamples: number
}

const leastTailBytes = 64 * 1024
const mostTailBytes = 1024 * 1024

/** Frames in a row end exactly where STREAMINFO says; true also when it does not say. */
export async function endsWithLastFlacFrame(source: RangedSource, offset: number): Promise<boolean> {
  const head = Buffer.from(await source.read(offset + 8, 34))
  if (head.length < 34) return false
  const info = readStreamInfo(head)
  if (info.totalSamples === 0) return true
  const length = Math.min(Math.max(leastTailBytes, 2 * info.largestFrameBytes), mostTailBytes)
  const tail = await source.read(Math.max(0, source.size_bytes - length), length)
  for (let at = tail.length - 6; at >= 0; at--) {
    if (
      tail[at] === 0xff &&
      (tail[at + 1]! & 0xfe) === 0xf8 &&
      frameEnd(tail.subarray(at), info) === info.totalSamples
    ) {
      return true
    }
  }
  return false
}

function readStreamInfo(block: Buffer): StreamInfo {
  return {
    blockSize: block.readUInt16BE(0),
    largestFrameBytes: block.readUIntBE(7, 3),
    channels: ((block[12]! >> 1) & 7) + 1,
    totalSamples: (block[13]! & 15) * 2 ** 32 + block.readUInt32BE(14),
  }
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
