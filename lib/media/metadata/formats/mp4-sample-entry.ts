import type { RangedSource } from '../ranged-source.ts'
import { type Box, findBox, listBoxes } from './boxes.ts'
import { readStreamInfo } from './flac-frames.ts'
import { type Layout, Refused, type Region, readExactly } from './layout.ts'

export type Sound = Pick<Layout, 'codec' | 'sample_rate_hz' | 'channels' | 'bit_depth'>

/** Of an entry's own fields; QuickTime has longer ones. */
const fieldBytes: Readonly<Record<number, number>> = { 0: 28, 1: 44, 2: 64 }

/** What a track sounds like. The entry's fields are a guess that the codec's own settings correct. */
export async function readSampleEntry(source: RangedSource, entry: Box): Promise<Sound> {
  if (entry.type === 'enca' || entry.type === 'drms') throw new Refused('encrypted')
  const fields = await readExactly(source, entry.position, Math.min(entry.length, 28))
  if (fields.length < 28) throw new Refused('malformed')
  const skip = fieldBytes[fields.readUInt16BE(8)] ?? 28
  const rest = { position: entry.position + skip, length: Math.max(entry.length - skip, 0) }
  if ((await listBoxes(source, rest)).some(({ type }) => type === 'sinf')) throw new Refused('encrypted')
  const guess = {
    channels: fields.readUInt16BE(16),
    sample_rate_hz: fields.readUInt32BE(24) / 65_536,
    bit_depth: null,
  }
  const read = Object.hasOwn(codecs, entry.type) ? codecs[entry.type] : undefined
  if (!read) throw new Refused('unsupported_media')
  return read(source, rest, guess)
}

type ReadCodec = (source: RangedSource, rest: Region, guess: Omit<Sound, 'codec'>) => Promise<Sound>

const codecs: Readonly<Record<string, ReadCodec>> = {
  mp4a: readAac,
  alac: readAlac,
  fLaC: readFlacSettings,
  Opus: readOpus,
}

/** What a codec's box holds, as long as it is needed. */
async function readSettings(source: RangedSource, rest: Region, type: string, least: number) {
  const box = await findBox(source, rest, [type])
  if (!box || box.length < least) throw new Refused('malformed')
  return readExactly(source, box.position, Math.min(box.length, 1024))
}

async function readAlac(source: RangedSource, rest: Region): Promise<Sound> {
  const settings = await readSettings(source, rest, 'alac', 28)
  return {
    codec: 'ALAC',
    bit_depth: settings[9]!,
    channels: settings[13]!,
    sample_rate_hz: settings.readUInt32BE(24),
  }
}

async function readFlacSettings(source: RangedSource, rest: Region): Promise<Sound> {
  const settings = await readSettings(source, rest, 'dfLa', 42)
  const { sample_rate_hz, channels, bit_depth } = readStreamInfo(settings.subarray(8))
  return { codec: 'FLAC', sample_rate_hz, channels, bit_depth }
}

async function readOpus(source: RangedSource, rest: Region): Promise<Sound> {
  const settings = await readSettings(source, rest, 'dOps', 11)
  return { codec: 'Opus', channels: settings[1]!, sample_rate_hz: 48_000, bit_depth: null }
}

async function readAac(source: RangedSource, rest: Region, guess: Omit<Sound, 'codec'>): Promise<Sound> {
  const plain = await findBox(source, rest, ['esds'])
  const box = plain ?? (await findBox(source, rest, ['wave', 'esds']))
  if (!box) throw new Refused('malformed')
  const settings = await readExactly(source, box.position, Math.min(box.length, 1024))
  const decoder = findDescriptor(settings.subarray(4))
  if (!decoder || !aacTypes.includes(decoder.objectType)) throw new Refused('unsupported_media')
  const { sample_rate_hz, channels } = readAacSettings(decoder.settings)
  return {
    codec: 'MPEG-4/AAC',
    sample_rate_hz: sample_rate_hz ?? guess.sample_rate_hz,
    channels: channels ?? guess.channels,
    bit_depth: null,
  }
}

/** AAC of MPEG-4, and the three of MPEG-2. */
const aacTypes = [0x40, 0x66, 0x67, 0x68]

/** The decoder's descriptor (4) in the stream's (3), and what is particular to the codec (5) in that. */
function findDescriptor(bytes: Buffer) {
  const stream = openDescriptor(bytes, 3)
  const decoder = stream && openDescriptor(stream.subarray(3 + optionalBytes(stream[2] ?? 0)), 4)
  const settings = decoder && openDescriptor(decoder.subarray(13), 5)
  return settings && { objectType: decoder[0]!, settings }
}

const optionalBytes = (flags: number) => (flags & 0x80 ? 2 : 0) + (flags & 0x20 ? 2 : 0)

function openDescriptor(bytes: Buffer, tag: number): Buffer | undefined {
  if (bytes[0] !== tag) return undefined
  let [at, length] = [1, 0]
  for (; at < 5; at++) {
    length = (length << 7) | (bytes[at]! & 0x7f)
    if (!(bytes[at]! & 0x80)) break
  }
  return bytes.subarray(at + 1, at + 1 + length)
}

const sampleRates = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
]

/** AudioSpecificConfig. Where it names a band that is copied upwards (5) and a width (29), that is what sounds. */
function readAacSettings(settings: Buffer) {
  let bit = 0
  const take = (count: number) => {
    let value = 0
    for (; count > 0; count--, bit++)
      value = (value << 1) | (((settings[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1)
    return value
  }
  const takeRate = () => {
    const index = take(4)
    return index === 15 ? take(24) : sampleRates[index]
  }
  let kind = take(5)
  if (kind === 31) kind = 32 + take(6)
  let sample_rate_hz = takeRate()
  const layout = take(4)
  if (kind === 5 || kind === 29) sample_rate_hz = takeRate()
  const channels = layout === 7 ? 8 : layout || undefined
  return { sample_rate_hz, channels: kind === 29 && channels === 1 ? 2 : channels }
}
