import type { RangedSource } from '../ranged-source.ts'
import { type Body, type Layout, Refused } from './layout.ts'
import { findMpegFrame, isAlike, type MpegFrame, readFrame } from './mpeg-frame.ts'

/** How far into a file the first frame may stand. */
export const searchBytes = 8 * 1024
const largestFrameBytes = 1_441

/** MP3, and AAC in ADTS: frames in a row, and no header of the whole but what an encoder hides in the first one. */
export async function readMpeg(source: RangedSource, body: Body): Promise<Layout> {
  const head = Buffer.from(await source.read(body.start, searchBytes))
  const frame = findMpegFrame(head)
  if (!frame) throw new Refused('unsupported_media')
  const start = body.start + frame.offset
  const summary = readSummary(head.subarray(frame.offset), frame)
  // Encoders differ in whether the summary frame itself counts.
  if (summary && summary.bytes > source.size_bytes - start + largestFrameBytes) throw new Refused('truncated')
  const stretch = { start, end: body.end }
  const length = summary?.frames
    ? ofSummary(frame, summary, stretch)
    : await ofSamples(source, frame, stretch)
  return {
    codec: frame.codec,
    sample_rate_hz: frame.sample_rate_hz,
    channels: frame.channels,
    bit_depth: null,
    ...length,
    start,
    end: await findEnd(source, frame, stretch),
    tags: [],
  }
}

interface Stretch {
  readonly start: number
  readonly end: number
}

interface Summary {
  readonly frames: number
  /** 0 where it does not say. */
  readonly bytes: number
  readonly isConstant: boolean
}

/** Of LAME (Xing, Info) or Fraunhofer (VBRI). One whose numbers no encoder arrives at says nothing. */
function readSummary(bytes: Buffer, { kind, summaryOffset }: MpegFrame): Summary | undefined {
  if (kind !== 'mp3' || bytes.length < summaryOffset + 16) return undefined
  const tag = bytes.toString('latin1', summaryOffset, summaryOffset + 4)
  if (tag === 'Xing' || tag === 'Info') return readXing(bytes.subarray(summaryOffset), tag === 'Info')
  if (bytes.length < 54 || bytes.toString('latin1', 36, 40) !== 'VBRI') return undefined
  return { frames: bytes.readUInt32BE(50), bytes: bytes.readUInt32BE(46), isConstant: false }
}

function readXing(bytes: Buffer, isConstant: boolean): Summary {
  const flags = bytes.readUInt32BE(4)
  const frames = flags & 1 ? bytes.readUInt32BE(8) : 0
  const bytesAt = flags & 1 ? 12 : 8
  return { frames, bytes: flags & 2 ? bytes.readUInt32BE(bytesAt) : 0, isConstant }
}

type Length = Pick<Layout, 'seconds' | 'bitrate_bps' | 'is_duration_estimated'>

/** Frames of less than this many bytes no encoder writes. */
const smallestFrameBytes = 24

function ofSummary(frame: MpegFrame, { frames, isConstant }: Summary, { start, end }: Stretch): Length {
  if (frames * smallestFrameBytes > end - start + largestFrameBytes) throw new Refused('implausible_length')
  const seconds = (frames * frame.samples) / frame.sample_rate_hz
  return { seconds, bitrate_bps: isConstant ? frame.bitrate_bps : (8 * (end - start)) / seconds }
}

const windowBytes = 32 * 1024
const windows = 10

/** Frames from here and there. Where all are of one rate, so is the file; a short one is looked at whole. */
async function ofSamples(source: RangedSource, frame: MpegFrame, { start, end }: Stretch): Promise<Length> {
  const length = end - start
  const isWhole = length <= windows * windowBytes
  let [frames, bytes, isConstant] = [0, 0, frame.kind === 'mp3']
  for (let index = 0; index < (isWhole ? 1 : windows); index++) {
    const position = Math.floor((index * length) / windows / windowBytes) * windowBytes
    const part = isWhole
      ? await source.read(start, length)
      : await source.read(Math.max(start, position), windowBytes)
    for (const found of walkFrames(part, frame)) {
      frames++
      bytes += found.length
      isConstant &&= found.bitrate_bps === frame.bitrate_bps
    }
  }
  if (isConstant) return { seconds: (8 * length) / frame.bitrate_bps, bitrate_bps: frame.bitrate_bps }
  const all = isWhole ? frames : length / (bytes / frames)
  const seconds = (all * frame.samples) / frame.sample_rate_hz
  return { seconds, bitrate_bps: (8 * length) / seconds, is_duration_estimated: !isWhole }
}

/** The frames that begin in a piece of a stream; where it is broken, from the next one on that fits. */
function* walkFrames(bytes: Uint8Array, like: MpegFrame): Generator<MpegFrame> {
  let frame = findAlike(bytes, 0, like)
  while (frame) {
    yield frame
    const next = readFrame(bytes, frame.offset + frame.length)
    frame = next && isAlike(next, like) ? next : findAlike(bytes, frame.offset + frame.length, like)
  }
}

function findAlike(bytes: Uint8Array, from: number, like: MpegFrame): MpegFrame | undefined {
  let frame = findMpegFrame(bytes, from)
  while (frame && !isAlike(frame, like)) frame = findMpegFrame(bytes, frame.offset + 1)
  return frame
}

const tailBytes = 32 * 1024

/** Behind the last frame; where none is near the end, something else is. */
async function findEnd(source: RangedSource, like: MpegFrame, { start, end }: Stretch): Promise<number> {
  const from = Math.max(start, end - tailBytes)
  const tail = await source.read(from, end - from)
  let last = 0
  for (const { offset, length } of walkFrames(tail, like)) last = offset + length
  return Math.min(from + last, end)
}
