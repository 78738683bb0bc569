import type { ImageFormat } from './image-types.ts'

const pngSignature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/** Tells the format from the bytes alone; undefined when they are no picture that we take. */
export function sniffImage(bytes: Buffer): ImageFormat | undefined {
  const head = bytes.toString('latin1', 0, 16)
  if (bytes.subarray(0, 8).equals(pngSignature)) return 'png'
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (/^RIFF.{4}WEBPVP8/s.test(head)) return 'webp'
  if (/^GIF8[79]a/.test(head)) return 'gif'
  return undefined
}

/** Within the data of a picture 0xff is never followed by it. */
const jpegEnd = Buffer.from([0xff, 0xd9])

/**
 * Whether the file ends before it says it does, where a decoder would not always notice or would call it something
 * else; a GIF tells by failing.
 */
export function endsEarly(format: ImageFormat, bytes: Buffer): boolean {
  if (format === 'jpeg') return !bytes.includes(jpegEnd)
  if (format === 'webp') return bytes.length < 8 + bytes.readUInt32LE(4)
  return format === 'png' && !reachesEnd(bytes)
}

/** Chunk by chunk to IEND: length, type, data, checksum. */
function reachesEnd(png: Buffer): boolean {
  let at = pngSignature.length
  while (at + 12 <= png.length) {
    if (png.toString('latin1', at + 4, at + 8) === 'IEND') return true
    at += 12 + png.readUInt32BE(at)
  }
  return false
}
