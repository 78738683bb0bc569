import type { RangedSource } from '../ranged-source.ts'
import { walkChunks } from './chunks.ts'
import { type Body, type Layout, Refused, type Region, readExactly, type TagRegion } from './layout.ts'

const lengthOf = (header: Buffer) => header.readUInt32BE(4)
const texts = ['NAME', 'AUTH', '(c) ', 'ANNO']

/** AIFF, and AIFF-C, which names its codec. */
export async function readAiff(source: RangedSource, body: Body): Promise<Layout> {
  const isCompressed = (await readExactly(source, body.start, 12))[11] === 0x43
  const { common, sound, end, tags, unused } = await readChunks(source, body)
  if (!common || (common.frames > 0 && !sound)) throw new Refused('truncated')
  const { codec, bytes } = findCodec(isCompressed ? common.compression : 'NONE', common.bit_depth)
  const { frames, channels, sample_rate_hz } = common
  const needed = frames * channels * bytes
  if (sound && needed > sound.length) throw new Refused('truncated')
  return {
    codec,
    sample_rate_hz,
    channels,
    bit_depth: common.bit_depth,
    seconds: frames / sample_rate_hz,
    bitrate_bps: 8 * channels * bytes * sample_rate_hz,
    start: body.start,
    end,
    unused,
    tags,
  }
}

async function readChunks(source: RangedSource, body: Body) {
  const tags: TagRegion[] = []
  const unused: Region[] = []
  let common: Awaited<ReturnType<typeof readCommon>> | undefined
  let sound: Region | undefined
  let end = body.start + 12
  for await (const chunk of walkChunks(source, end, body.end, { lengthOf })) {
    if (chunk.position + chunk.length > body.end) {
      if (!sound || !common || /^(ID3 |NAME|AUTH|ANNO|APPL|MARK|INST|COMT)$/.test(chunk.id)) {
        throw new Refused('truncated')
      }
      break
    }
    if (chunk.id === 'COMM') common ??= await readCommon(source, chunk)
    else if (chunk.id === 'SSND')
      sound ??= { position: chunk.position, length: Math.max(chunk.length - 8, 0) }
    else if (chunk.id === 'ID3 ') tags.push({ ...chunk, kind: 'id3' })
    else if (texts.includes(chunk.id)) tags.push({ ...chunk, kind: 'text' })
    else unused.push(chunk)
    end = Math.min(chunk.position + chunk.length + (chunk.length % 2), body.end)
  }
  return { common, sound, end, tags, unused }
}

async function readCommon(source: RangedSource, { position, length }: Region) {
  if (length < 18) throw new Refused('malformed')
  const bytes = await readExactly(source, position, Math.min(length, 22))
  return {
    channels: bytes.readUInt16BE(0),
    frames: bytes.readUInt32BE(2),
    bit_depth: bytes.readUInt16BE(6),
    sample_rate_hz: readExtended(bytes.subarray(8, 18)),
    compression: bytes.toString('latin1', 18, 22),
  }
}

/** An 80-bit floating-point number of the IEEE; there is no other in use. */
function readExtended(bytes: Buffer): number {
  const exponent = bytes.readUInt16BE(0) & 0x7fff
  const mantissa = bytes.readUInt32BE(2) + bytes.readUInt32BE(6) / 2 ** 32
  return Math.round(mantissa * 2 ** (exponent - 16_383 - 31))
}

function findCodec(compression: string, bits: number) {
  const known: Record<string, readonly [string, number]> = {
    none: ['PCM', Math.ceil(bits / 8)],
    twos: ['PCM', Math.ceil(bits / 8)],
    sowt: ['PCM', Math.ceil(bits / 8)],
    in24: ['PCM', 3],
    in32: ['PCM', 4],
    fl32: ['PCM float', 4],
    fl64: ['PCM float', 8],
    alaw: ['A-law', 1],
    ulaw: ['Mu-law', 1],
  }
  const found = known[compression.toLowerCase()]
  if (!found) throw new Refused('unsupported_media')
  return { codec: found[0], bytes: found[1] }
}
