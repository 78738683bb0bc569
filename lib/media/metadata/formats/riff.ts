import type { RangedSource } from '../ranged-source.ts'
import { type Chunk, walkChunks } from './chunks.ts'
import { type Body, type Layout, Refused, type Region, readExactly, type TagRegion } from './layout.ts'

/** Written by encoders that cannot go back and fill in the length, and by RF64, which has it elsewhere. */
const unknownLength = 0xffff_ffff

/** WAV: RIFF, or RF64 and BW64 for what is longer than 4 GiB. */
export async function readWav(source: RangedSource, body: Body): Promise<Layout> {
  const { fmt, data, end, tags, unused } = await readChunks(source, body)
  if (!fmt) throw new Refused(data ? 'malformed' : 'truncated')
  if (!data) throw new Refused('truncated')
  const format = readFormat(await readExactly(source, fmt.position, Math.min(fmt.length, 40)))
  return {
    codec: format.codec,
    sample_rate_hz: format.sample_rate_hz,
    channels: format.channels,
    bit_depth: format.bit_depth,
    seconds: data.length / format.bytesPerSecond,
    bitrate_bps: 8 * format.bytesPerSecond,
    start: body.start,
    end,
    unused,
    tags,
  }
}

interface Chunks {
  readonly fmt?: Region
  readonly data?: Region
  readonly end: number
  readonly tags: readonly TagRegion[]
  readonly unused: readonly Region[]
}

async function readChunks(source: RangedSource, body: Body): Promise<Chunks> {
  const head = await readExactly(source, body.start, 12)
  const isOpen = [0, unknownLength].includes(head.readUInt32LE(4))
  let wide: number | undefined
  const options = {
    lengthOf: (header: Buffer) => header.readUInt32LE(4),
    replaceLength: ({ id, position, length }: Chunk) => {
      if (id !== 'data' || !(length === unknownLength || (length === 0 && isOpen))) return length
      return wide ?? body.end - position
    },
  }
  const found: { fmt?: Region; data?: Region } = {}
  const tags: TagRegion[] = []
  const unused: Region[] = []
  let end = body.start + 12
  for await (const chunk of walkChunks(source, end, body.end, options)) {
    if (chunk.position + chunk.length > body.end) {
      if (!found.data || isOurs(chunk.id)) throw new Refused('truncated')
      break
    }
    if (chunk.id === 'ds64') wide = await readWideLength(source, chunk)
    if (chunk.id === 'fmt ') found.fmt ??= chunk
    else if (chunk.id === 'data') found.data ??= chunk
    else if (chunk.id.toLowerCase() === 'id3 ') tags.push({ ...chunk, kind: 'id3' })
    else if (chunk.id === 'LIST') tags.push({ ...chunk, kind: 'info' })
    else unused.push(chunk)
    end = Math.min(chunk.position + chunk.length + (chunk.length % 2), body.end)
  }
  return { ...found, end, tags, unused }
}

/** Behind the samples only these are looked for to their end; what else stands there is not taken for a chunk. */
const isOurs = (id: string) => /^(LIST|id3 |ID3 |bext|iXML|_PMX|axml|cue |smpl|cart|JUNK|PEAK)$/.test(id)

const readWideLength = async (source: RangedSource, { position }: Chunk) =>
  Number((await readExactly(source, position, 16)).readBigUInt64LE(8))

/** As `wFormatTag` has them, or the first bytes of the sub-format where that is extensible. */
const codecs: Readonly<Record<number, string>> = {
  1: 'PCM',
  2: 'ADPCM',
  3: 'PCM float',
  6: 'A-law',
  7: 'Mu-law',
  17: 'ADPCM',
}
const extensible = 0xfffe

function readFormat(fmt: Buffer) {
  if (fmt.length < 16) throw new Refused('malformed')
  const tag = fmt.readUInt16LE(0)
  const codec = codecs[tag === extensible && fmt.length >= 26 ? fmt.readUInt16LE(24) : tag]
  if (!codec) throw new Refused('unsupported_media')
  const [channels, sample_rate_hz] = [fmt.readUInt16LE(2), fmt.readUInt32LE(4)]
  const [blockBytes, bits] = [fmt.readUInt16LE(12), fmt.readUInt16LE(14)]
  if (codec === 'ADPCM') return { codec, channels, sample_rate_hz, ...readBlocks(fmt, sample_rate_hz) }
  // Players go by the size of a frame, so where it is another one than the samples need they hear something else.
  const frameBytes = channels * Math.ceil(bits / 8)
  if (channels > 0 && (frameBytes === 0 || frameBytes !== blockBytes)) throw new Refused('malformed')
  return { codec, channels, sample_rate_hz, bit_depth: bits, bytesPerSecond: frameBytes * sample_rate_hz }
}

/** Blocks of as many samples as the format says. */
function readBlocks(fmt: Buffer, rate: number) {
  const samples = fmt.length < 20 ? 0 : fmt.readUInt16LE(18)
  if (samples === 0) throw new Refused('malformed')
  return { bit_depth: null, bytesPerSecond: (fmt.readUInt16LE(12) * rate) / samples }
}
