import type { RangedSource } from '../ranged-source.ts'
import { type Box, findBox, listBoxes } from './boxes.ts'
import { type Body, type Layout, Refused, type Region, readExactly, type TagRegion } from './layout.ts'
import { readSampleEntry, type Sound } from './mp4-sample-entry.ts'

export async function readMp4(source: RangedSource, body: Body): Promise<Layout> {
  const whole = { position: body.start, length: body.end - body.start }
  const boxes = await listBoxes(source, whole, (type) => known.includes(type) || spare.includes(type))
  const last = boxes.at(-1)
  const moov = boxes.find(({ type }) => type === 'moov')
  if (!moov || !last) throw new Refused('truncated')
  const { sound, seconds } = await readTracks(source, moov)
  const isFragmented = boxes.some(({ type }) => type === 'moof')
  const soundBytes = boxes.filter(({ type }) => type === 'mdat').reduce((sum, { length }) => sum + length, 0)
  return {
    ...sound,
    seconds: isFragmented ? null : seconds,
    bitrate_bps: !isFragmented && seconds > 0 ? (8 * soundBytes) / seconds : undefined,
    start: body.start,
    end: last.position + last.length,
    unused: boxes.filter(({ type }) => spare.includes(type)),
    tags: await findItems(source, moov),
  }
}

const known = ['ftyp', 'moov', 'mdat', 'moof', 'mfra', 'sidx', 'ssix', 'styp', 'prft', 'emsg', 'pdin']
const spare = ['free', 'skip', 'wide', 'uuid', 'udta', 'meta', 'pnot']

interface Track {
  readonly sound: Sound
  readonly seconds: number
}

/** The first that sounds. A film is refused; pictures and texts that go along with the sound are let be. */
async function readTracks(source: RangedSource, moov: Region): Promise<Track> {
  let found: Track | undefined
  const boxes = await listBoxes(source, moov)
  if (boxes.some(({ type }) => type === 'pssh')) throw new Refused('encrypted')
  for (const trak of boxes.filter(({ type }) => type === 'trak')) {
    const media = await findBox(source, trak, ['mdia'])
    const handler = media && (await findBox(source, media, ['hdlr']))
    if (!handler) throw new Refused('malformed')
    const kind = (await readExactly(source, handler.position, 12)).toString('latin1', 8, 12)
    if (kind === 'vide') await mustBePicture(source, media)
    if (kind === 'soun') found ??= await readSoundTrack(source, media)
  }
  if (!found) throw new Refused('no_sound')
  return found
}

/** Players show the pictures of chapters from a track of their own. */
async function mustBePicture(source: RangedSource, media: Region): Promise<void> {
  const format = (await findEntry(source, media))?.type.trim()
  if (!['jpeg', 'png', 'mjpg'].includes(format ?? '')) throw new Refused('video_stream')
}

async function readSoundTrack(source: RangedSource, media: Region): Promise<Track> {
  const [entry, header] = [await findEntry(source, media), await findBox(source, media, ['mdhd'])]
  if (!entry || !header) throw new Refused('malformed')
  return { sound: await readSampleEntry(source, entry), seconds: await readDuration(source, media, header) }
}

/** How the samples of a track are written: behind eight bytes there is a box for each way. */
async function findEntry(source: RangedSource, media: Region): Promise<Box | undefined> {
  const table = await findBox(source, media, ['minf', 'stbl', 'stsd'])
  if (!table || table.length < 8) return undefined
  const [entry] = await listBoxes(source, { position: table.position + 8, length: table.length - 8 })
  return entry
}

const mostRuns = 4_096

/** What the samples themselves add up to, where they are told in few words; or else what the header claims. */
async function readDuration(source: RangedSource, media: Region, header: Region): Promise<number> {
  const bytes = await readExactly(source, header.position, Math.min(header.length, 32))
  const isLong = bytes[0] === 1
  if (bytes.length < (isLong ? 32 : 20)) throw new Refused('malformed')
  const timescale = bytes.readUInt32BE(isLong ? 20 : 12)
  const claimed = isLong ? Number(bytes.readBigUInt64BE(24)) : bytes.readUInt32BE(16)
  const runs = await findBox(source, media, ['minf', 'stbl', 'stts'])
  const units = (runs && (await sumRuns(source, runs))) ?? claimed
  if (timescale === 0) throw new Refused('malformed')
  return units / timescale
}

async function sumRuns(source: RangedSource, { position, length }: Region): Promise<number | undefined> {
  if (length < 8) throw new Refused('malformed')
  const count = (await readExactly(source, position, 8)).readUInt32BE(4)
  if (count > mostRuns) return undefined
  if (8 + 8 * count > length) throw new Refused('malformed')
  const runs = await readExactly(source, position + 8, 8 * count)
  let units = 0
  for (let at = 0; at < runs.length; at += 8) units += runs.readUInt32BE(at) * runs.readUInt32BE(at + 4)
  return units
}

/** Tags as iTunes writes them. QuickTime's `meta` is a plain box, MP4's has four bytes before its content. */
async function findItems(source: RangedSource, moov: Region): Promise<TagRegion[]> {
  const meta = await findBox(source, moov, ['udta', 'meta'])
  if (!meta || meta.length < 12) return []
  const isPlain = (await readExactly(source, meta.position, 8)).toString('latin1', 4, 8) === 'hdlr'
  const skip = isPlain ? 0 : 4
  const within = { position: meta.position + skip, length: meta.length - skip }
  const items = await findBox(source, within, ['ilst'])
  return items ? [{ position: items.position, length: items.length, kind: 'ilst' }] : []
}
