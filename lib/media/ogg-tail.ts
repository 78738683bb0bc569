import type { RangedSource } from './ranged-source.ts'

export interface OggPage {
  /** Where the page ends by its own header; past the end of the object when that is cut short. */
  readonly end: number
  /** Samples up to the end of the page; undefined when no packet ends on it. */
  readonly granule: number | undefined
}

/** A page has at most 65,307 bytes. */
const tailBytes = 64 * 1024

/** The last page that begins in the object. */
export async function findLastOggPage(source: RangedSource): Promise<OggPage | undefined> {
  const start = Math.max(0, source.size_bytes - tailBytes)
  const tail = Buffer.from(await source.read(start, tailBytes))
  const found = tail.lastIndexOf('OggS\0')
  if (found < 0) return undefined
  const page = tail.subarray(found)
  // A header that is cut itself promises at least one byte more than there is.
  const end = start + found + (pageLength(page) ?? page.length + 1)
  const granule = page.length < 14 ? -1n : page.readBigInt64LE(6)
  return { end, granule: granule < 0n ? undefined : Number(granule) }
}

function pageLength(page: Buffer): number | undefined {
  const segments = page[26]
  if (segments === undefined || page.length < 27 + segments) return undefined
  return page.subarray(27, 27 + segments).reduce((sum, length) => sum + length, 27 + segments)
}

/** Samples that an Opus decoder drops at the start; 0 for the other codecs. */
export async function readPreSkip(source: RangedSource): Promise<number> {
  const page = Buffer.from(await source.read(0, 28 + 12))
  return page.toString('latin1', 28, 36) === 'OpusHead' && page.length >= 40 ? page.readUInt16LE(38) : 0
}
