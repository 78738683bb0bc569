import type { RangedSource } from '../ranged-source.ts'
import { readStreamInfo } from './flac-frames.ts'
import { type Body, type Layout, Refused, readExactly } from './layout.ts'
import { findLastOggPage, type OggPage, readPage } from './ogg-pages.ts'

interface OggStream {
  readonly serial: number
  readonly codec: 'Vorbis I' | 'Opus' | 'FLAC'
  readonly sample_rate_hz: number
  readonly channels: number
  readonly bit_depth: number | null
  /** Samples a second that pages count by, and how many of the first ones are dropped. */
  readonly granuleRate: number
  readonly preSkip: number
}

/** Ogg's header knows no length: its last page does. */
export async function readOgg(source: RangedSource, body: Body): Promise<Layout> {
  const stream = await findStream(source, body)
  const last = await findLastOggPage(source, body.end)
  if (last && last.end > body.end) throw new Refused('truncated')
  const seconds = secondsUntil(stream, last)
  return {
    codec: stream.codec,
    sample_rate_hz: stream.sample_rate_hz,
    channels: stream.channels,
    bit_depth: stream.bit_depth,
    seconds,
    start: body.start,
    // Where no page is near the end, something else is.
    end: last?.end ?? body.start,
    tags: [{ kind: 'ogg', position: body.start, length: body.end - body.start, serial: stream.serial }],
  }
}

/** Null where another stream follows the one that began, as in recordings of radio. */
function secondsUntil({ serial, granuleRate, preSkip }: OggStream, last: OggPage | undefined): number | null {
  if (last?.serial !== serial || last.granule === undefined) return null
  return Math.max(last.granule - preSkip, 0) / granuleRate
}

const mostStreams = 16

/** All streams of a file begin before any of them goes on. */
async function findStream(source: RangedSource, body: Body): Promise<OggStream> {
  const streams: OggStream[] = []
  let position = body.start
  for (let count = 0; count < mostStreams; count++) {
    const page = await readPage(source, position)
    if (!page?.isFirst) break
    if (page.end > body.end) throw new Refused('truncated')
    const head = await readExactly(source, page.bodyPosition, page.end - page.bodyPosition)
    const stream = identify(head, page.serial)
    if (stream) streams.push(stream)
    position = page.end
  }
  if (streams.length !== 1) throw new Refused('unsupported_media')
  return streams[0]!
}

const videos = ['\x80theora', 'BBCD\0', 'OVP80', '\x01video']

/** Undefined for what is neither seen nor heard: subtitles, tables of contents. */
function identify(head: Buffer, serial: number): OggStream | undefined {
  const name = head.toString('latin1', 0, 8)
  if (videos.some((video) => name.startsWith(video))) throw new Refused('video_stream')
  if (name.startsWith('fishead') || name.startsWith('CMML') || name.startsWith('\x80kate')) return undefined
  if (name.startsWith('\x01vorbis') && head.length >= 16) {
    const rate = head.readUInt32LE(12)
    return { serial, codec: 'Vorbis I', channels: head[11]!, ...rates(rate), bit_depth: null }
  }
  if (name === 'OpusHead' && head.length >= 12) {
    const preSkip = head.readUInt16LE(10)
    return { serial, codec: 'Opus', channels: head[9]!, ...rates(48_000), preSkip, bit_depth: null }
  }
  if (name.startsWith('\x7fFLAC') && head.length >= 51) {
    const { sample_rate_hz, channels, bit_depth } = readStreamInfo(head.subarray(17))
    return { serial, codec: 'FLAC', channels, ...rates(sample_rate_hz), bit_depth }
  }
  throw new Refused('unsupported_media')
}

const rates = (rate: number) => ({ sample_rate_hz: rate, granuleRate: rate, preSkip: 0 })
