import type { RangedSource } from '../ranged-source.ts'
import { type Body, Refused, type TagRegion } from './layout.ts'

/** Taggers that do not know of each other leave several; nobody leaves more. */
const mostTags = 8

/** Takes away the tags that players know to look for before and behind a file, whatever its container. */
export async function findBody(source: RangedSource): Promise<Body> {
  const leading = await findLeadingTags(source)
  const start = leading.reduce((sum, { length }) => sum + length, 0)
  const trailing = await findTrailingTags(source, start)
  const end = source.size_bytes - trailing.reduce((sum, { length }) => sum + length, 0)
  return { start, end, tags: [...leading, ...trailing.filter(isOfUse)] }
}

async function findLeadingTags(source: RangedSource): Promise<TagRegion[]> {
  const tags: TagRegion[] = []
  let position = 0
  while (tags.length < mostTags) {
    const head = Buffer.from(await source.read(position, 32))
    const id3 = id3Length(head)
    const length = id3 || apeLength(head)
    if (length === 0) return tags
    if (position + length >= source.size_bytes) throw new Refused('truncated')
    tags.push({ kind: id3 ? 'id3' : 'ape', position, length })
    position += length
  }
  throw new Refused('malformed')
}

/** Bytes of an ID3v2 tag, header and footer counted in; 0 where there is none. */
function id3Length(head: Buffer): number {
  if (head.length < 10 || head.toString('latin1', 0, 3) !== 'ID3') return 0
  const hasFooter = (head[5]! & 0x10) !== 0
  return 10 + readSyncSafe(head, 6) + (hasFooter ? 10 : 0)
}

/** Seven bits a byte, so that none of them looks like the start of a frame. */
export const readSyncSafe = (bytes: Buffer, at: number): number =>
  bytes.subarray(at, at + 4).reduce((sum, byte) => (sum << 7) | (byte & 0x7f), 0)

/** With its header before it, or its footer. The length that it names counts the footer alone. */
function apeLength(block: Buffer): number {
  if (block.length < 32 || block.toString('latin1', 0, 8) !== 'APETAGEX') return 0
  const hasHeader = (block.readUInt32LE(20) & 0x8000_0000) !== 0
  return block.readUInt32LE(12) + (hasHeader ? 32 : 0)
}

type Trailer = Pick<TagRegion, 'length'> & { readonly kind: TagRegion['kind'] | 'lyrics' | 'id3_footer' }

const isOfUse = (tag: Trailer): tag is TagRegion => tag.kind === 'ape' || tag.kind === 'id3v1'

const longestTrailer = 227 + 128

async function findTrailingTags(source: RangedSource, start: number): Promise<Trailer[]> {
  const tags: Trailer[] = []
  let end = source.size_bytes
  while (tags.length < mostTags) {
    const from = Math.max(start, end - longestTrailer)
    const trailer = readTrailer(Buffer.from(await source.read(from, end - from)))
    if (!trailer || trailer.length > end - start) return tags
    end -= trailer.length
    tags.push({ ...trailer, position: end } as Trailer)
  }
  return tags
}

/** What the bytes end with. */
function readTrailer(bytes: Buffer): Trailer | undefined {
  const from = (back: number, length: number) =>
    bytes.toString('latin1', bytes.length - back).slice(0, length)
  if (from(128, 3) === 'TAG') return { kind: 'id3v1', length: from(355, 4) === 'TAG+' ? 355 : 128 }
  if (from(32, 8) === 'APETAGEX') return { kind: 'ape', length: apeLength(bytes.subarray(-32)) }
  if (from(9, 9) === 'LYRICS200') return { kind: 'lyrics', length: (Number(from(15, 6)) || 0) + 15 }
  if (from(10, 3) === '3DI') return { kind: 'id3_footer', length: readSyncSafe(bytes, bytes.length - 4) + 20 }
  return undefined
}
