import type { Container } from './audio-types.ts'
import { endsWithLastFlacFrame } from './flac-tail.ts'
import { findMpegFrame } from './mpeg-frame.ts'
import { findLastOggPage } from './ogg-tail.ts'
import type { RangedSource } from './ranged-source.ts'
import type { Sniffed } from './sniff.ts'

/** True when the file's own headers promise more than the object holds. */
export function isTruncated(source: RangedSource, { container, offset }: Sniffed): Promise<boolean> {
  return checks[container](source, offset)
}

type Check = (source: RangedSource, offset: number) => Promise<boolean>

const checks: Record<Container, Check> = {
  mp3: isMp3Short,
  // ADTS has no header of the whole.
  aac: async () => false,
  wav: (source, offset) => isChunkShort(source, offset, 'data', (bytes) => bytes.readUInt32LE(4)),
  aiff: (source, offset) => isChunkShort(source, offset, 'SSND', (bytes) => bytes.readUInt32BE(4)),
  flac: async (source, offset) => !(await endsWithLastFlacFrame(source, offset)),
  mp4: isMp4Short,
  ogg: async (source) => ((await findLastOggPage(source))?.end ?? 0) > source.size_bytes,
}

/** Written by encoders that cannot go back and fill in the length. */
const unknownLength = 0xffff_ffff

/** RIFF and AIFF are both a row of chunks behind twelve bytes. */
async function isChunkShort(
  source: RangedSource,
  offset: number,
  wanted: string,
  lengthOf: (header: Buffer) => number,
): Promise<boolean> {
  let position = offset + 12
  while (position < source.size_bytes) {
    const header = Buffer.from(await source.read(position, 8))
    if (header.length < 8) return true
    const length = lengthOf(header)
    const end = position + 8 + length
    if (header.toString('latin1', 0, 4) === wanted) return length !== unknownLength && end > source.size_bytes
    position = end + (length % 2)
  }
  return true
}

async function isMp4Short(source: RangedSource): Promise<boolean> {
  let position = 0
  let hasIndex = false
  while (position < source.size_bytes) {
    const header = Buffer.from(await source.read(position, 16))
    if (header.length < 8) return true
    hasIndex ||= header.toString('latin1', 4, 8) === 'moov'
    const length = boxLength(header, source.size_bytes - position)
    if (length < 8) return true
    position += length
  }
  return !hasIndex || position > source.size_bytes
}

function boxLength(header: Buffer, rest: number): number {
  const length = header.readUInt32BE(0)
  if (length === 0) return rest
  if (length > 1) return length
  return header.length < 16 ? 0 : Number(header.readBigUInt64BE(8))
}

const largestFrameBytes = 1_441

/** Compares with the byte count in the summary frame of LAME (Xing, Info) or Fraunhofer (VBRI). */
async function isMp3Short(source: RangedSource, offset: number): Promise<boolean> {
  const head = Buffer.from(await source.read(offset, 8 * 1024))
  const frame = findMpegFrame(head)
  if (!frame) return true
  const promised = summarizedBytes(head.subarray(frame.offset), frame.summaryOffset)
  // Encoders differ in whether the summary frame itself counts.
  return promised > source.size_bytes - offset - frame.offset + largestFrameBytes
}

function summarizedBytes(frame: Buffer, summaryOffset: number): number {
  const tag = frame.toString('latin1', summaryOffset, summaryOffset + 4)
  if (tag === 'Xing' || tag === 'Info') return xingBytes(frame.subarray(summaryOffset))
  return frame.toString('latin1', 36, 40) === 'VBRI' ? frame.readUInt32BE(46) : 0
}

function xingBytes(summary: Buffer): number {
  const flags = summary.readUInt32BE(4)
  if (!(flags & 2)) return 0
  return summary.readUInt32BE(flags & 1 ? 12 : 8)
}
