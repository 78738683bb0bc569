import type { RangedSource } from '../ranged-source.ts'
import {
  checkedLength,
  findLastFrame,
  readStreamInfo,
  type StreamInfo,
  streamInfoBytes,
} from './flac-frames.ts'
import { type Body, type Layout, Refused, type Region, readExactly, type TagRegion } from './layout.ts'

const mostBlocks = 1_000
const blockTypes = { streamInfo: 0, comments: 4, picture: 6 }

export async function readFlac(source: RangedSource, body: Body): Promise<Layout> {
  const { info, frames, tags, unused } = await readBlocks(source, body)
  const last = await findLastFrame(source, info, { start: frames, end: body.end })
  if (!last && info.totalSamples > 0) throw new Refused('truncated')
  const end = last ? await findFrameEnd(source, last.position, info, body.end) : frames
  const samples = last?.samples ?? 0
  const seconds = samples / info.sample_rate_hz
  return {
    codec: 'FLAC',
    sample_rate_hz: info.sample_rate_hz,
    channels: info.channels,
    bit_depth: info.bit_depth,
    seconds,
    bitrate_bps: seconds > 0 ? (8 * (body.end - frames)) / seconds : undefined,
    start: body.start,
    end,
    unused,
    tags,
  }
}

/** No encoder writes a frame that is larger than its samples. */
const mostFrameBytes = ({ largestFrameBytes, blockSize, channels, bit_depth }: StreamInfo) =>
  Math.max(largestFrameBytes, Math.ceil((blockSize * channels * (bit_depth + 1)) / 8) + 64)

/** Where the checksum is right, which ends every frame. */
async function findFrameEnd(source: RangedSource, position: number, info: StreamInfo, bodyEnd: number) {
  const bytes = await source.read(position, Math.min(mostFrameBytes(info), bodyEnd - position))
  const length = checkedLength(bytes)
  if (length === undefined) throw new Refused('truncated')
  return position + length
}

async function readBlocks(source: RangedSource, body: Body) {
  const tags: TagRegion[] = []
  const unused: Region[] = []
  const info = await readFirstBlock(source, body.start + 4)
  let position = body.start + 4
  for (let count = 0; count < mostBlocks; count++) {
    const header = await readExactly(source, position, 4)
    const type = header[0]! & 0x7f
    const block = { position: position + 4, length: header.readUIntBE(1, 3) }
    position = block.position + block.length
    if (position > body.end) throw new Refused('truncated')
    if (type === blockTypes.comments) tags.push({ ...block, kind: 'vorbis' })
    else if (type === blockTypes.picture) tags.push({ ...block, kind: 'picture' })
    else if (type !== blockTypes.streamInfo) unused.push(block)
    if (header[0]! & 0x80) return { info, frames: position, tags, unused }
  }
  throw new Refused('malformed')
}

async function readFirstBlock(source: RangedSource, position: number): Promise<StreamInfo> {
  const header = await readExactly(source, position, 4 + streamInfoBytes)
  const isFirst = (header[0]! & 0x7f) === blockTypes.streamInfo && header.readUIntBE(1, 3) === streamInfoBytes
  if (!isFirst) throw new Refused('malformed')
  return readStreamInfo(header.subarray(4))
}
