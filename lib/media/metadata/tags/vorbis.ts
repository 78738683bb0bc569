import type { Region, TagRegion } from '../formats/layout.ts'
import { readPacket } from '../formats/ogg-pages.ts'
import { createMemorySource, type RangedSource } from '../ranged-source.ts'
import { type CollectedTags, largestValueBytes, mustBeFew, type TagPiece } from './pieces.ts'

const blockTypes = { streamInfo: 0, comments: 4, picture: 6 }
const streamInfo = Buffer.from('0010001000000000000000000bb800f000000000'.padEnd(68, '0'), 'hex')

/** A FLAC of no frames. */
function toFlac(type: number, bytes: Buffer): TagPiece {
  const head = Buffer.alloc(4)
  head.writeUInt32BE((((0x80 | type) << 24) | bytes.length) >>> 0)
  const first = Buffer.from([blockTypes.streamInfo, 0, 0, streamInfo.length])
  return { form: 'flac', bytes: Buffer.concat([Buffer.from('fLaC'), first, streamInfo, head, bytes]) }
}

/** A picture in a block of its own, as in FLAC. */
export const collectPicture = ({ position, length }: Region): CollectedTags => ({
  pieces: [],
  pictures: [
    {
      size_bytes: length,
      read: async (source) => toFlac(blockTypes.picture, Buffer.from(await source.read(position, length))),
    },
  ],
})

/** Lines of `NAME=value`, each behind its length. */
export async function collectComments(source: RangedSource, region: Region): Promise<CollectedTags> {
  const { texts, pictures } = await sortEntries(source, region)
  return {
    pieces: [toComments(texts)],
    pictures: pictures.map((entry) => ({
      size_bytes: toBytes(entry.length),
      read: async (whole) => toComments([await readEntry(whole, entry)]),
    })),
  }
}

/** In Ogg they are a packet that winds through the pages; pictures stand among them, written as text. */
export async function collectOggComments(
  source: RangedSource,
  { position, serial = 0 }: TagRegion,
): Promise<CollectedTags> {
  const readWhole = async (from: RangedSource, most: number) => {
    const packet = await readPacket(from, position, { serial, number: 1, most })
    const bytes = packet?.subarray(prefixBytes(packet)) ?? Buffer.alloc(0)
    return { source: createMemorySource(bytes), region: { position: 0, length: bytes.length } }
  }
  const first = await readWhole(source, mostFirstBytes)
  const { texts, pictures } = await sortEntries(first.source, first.region)
  return {
    pieces: [toComments(texts)],
    pictures: pictures.map((entry) => ({
      size_bytes: toBytes(entry.length),
      read: async (whole) => {
        const { source: packet } = await readWhole(whole, entry.position + entry.length + longestPrefix)
        return toComments([await readEntry(packet, entry)])
      },
    })),
  }
}

/** Whoever looks for no picture reads no more. */
const mostFirstBytes = 512 * 1024
const longestPrefix = 8

/** What says that a packet is one of comments: Opus, Vorbis, or the head of a block of FLAC. */
function prefixBytes(packet: Buffer): number {
  if (packet.toString('latin1', 0, 8) === 'OpusTags') return 8
  return packet.toString('latin1', 1, 7) === 'vorbis' ? 7 : 4
}

const isPicture = (head: string) => /^(METADATA_BLOCK_PICTURE|COVERART)=/i.test(head)

async function sortEntries(source: RangedSource, region: Region) {
  const texts: Buffer[] = []
  const pictures: Region[] = []
  let count = 0
  for await (const entry of walkEntries(source, region)) {
    mustBeFew(++count)
    const head = Buffer.from(await source.read(entry.position, 24)).toString('latin1')
    if (isPicture(head)) pictures.push(entry)
    else if (entry.length <= largestValueBytes) texts.push(await readEntry(source, entry))
  }
  return { texts, pictures }
}

/** The last one may be cut short: that is up to whoever reads it. */
async function* walkEntries(source: RangedSource, { position, length }: Region): AsyncGenerator<Region> {
  const end = position + length
  const readLength = async (at: number) => {
    const bytes = Buffer.from(await source.read(at, 4))
    return at + 4 <= end && bytes.length === 4 ? bytes.readUInt32LE(0) : undefined
  }
  let at = position + 4 + ((await readLength(position)) ?? length) + 4
  for (let size = await readLength(at); size !== undefined; size = await readLength(at)) {
    yield { position: at + 4, length: size }
    at += 4 + size
  }
}

const readEntry = async (source: RangedSource, { position, length }: Region) =>
  Buffer.from(await source.read(position, length))

function toComments(entries: readonly Buffer[]): TagPiece {
  const parts = [uint32(0), uint32(entries.length)]
  for (const entry of entries) parts.push(uint32(entry.length), entry)
  return toFlac(blockTypes.comments, Buffer.concat(parts))
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** Of base64. */
const toBytes = (characters: number) => Math.floor((3 * characters) / 4)
