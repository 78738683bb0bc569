import { listBoxes } from '../formats/boxes.ts'
import type { Region, TagRegion } from '../formats/layout.ts'
import type { RangedSource } from '../ranged-source.ts'
import { type CollectedTags, largestValueBytes, mustBeFew, type TagForm, type TagPiece } from './pieces.ts'

const none: CollectedTags = { pieces: [], pictures: [] }

/** Tags that are taken as they are, where they are not too large to be some words. */
export async function collectWhole(source: RangedSource, region: TagRegion): Promise<CollectedTags> {
  const form = region.kind as TagForm
  const header = form === 'text' || form === 'info' ? 8 : 0
  if (region.length > largestValueBytes) return none
  const bytes = Buffer.from(await source.read(region.position - header, region.length + header))
  if (form === 'info' && bytes.toString('latin1', 8, 12) !== 'INFO') return none
  return {
    pieces: [{ form, bytes: bytes.length % 2 && header ? Buffer.concat([bytes, zero]) : bytes }],
    pictures: [],
  }
}

const zero = Buffer.alloc(1)

/** The items of iTunes; the cover is one of them. */
export async function collectItems(source: RangedSource, region: Region): Promise<CollectedTags> {
  const items = await listBoxes(source, region)
  mustBeFew(items.length)
  const read = async (from: RangedSource, item: Region): Promise<TagPiece> => ({
    form: 'ilst',
    bytes: Buffer.from(await from.read(item.position - 8, item.length + 8)),
  })
  const texts = items.filter(({ type, length }) => type !== 'covr' && length <= largestValueBytes)
  const covers = items.filter(({ type }) => type === 'covr')
  return {
    pieces: await Promise.all(texts.map((item) => read(source, item))),
    pictures: covers.map((item) => ({ size_bytes: item.length, read: (whole) => read(whole, item) })),
  }
}
