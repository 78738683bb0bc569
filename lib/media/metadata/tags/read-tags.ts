import { Refused, type Region, type TagRegion } from '../formats/layout.ts'
import type { RangedSource } from '../ranged-source.ts'
import { collectItems, collectWhole } from './chunks.ts'
import { collectId3 } from './id3.ts'
import { type ParsedTags, parsePieces } from './parse.ts'
import type { CollectedTags, EmbeddedPicture } from './pieces.ts'
import { cleanNumber, cleanText } from './values.ts'
import { collectComments, collectOggComments, collectPicture } from './vorbis.ts'

export type EmbeddedTags = Readonly<Record<string, string | number | readonly string[]>>

export interface TagsOfFile {
  readonly embedded_tags: EmbeddedTags
  readonly pictures: readonly EmbeddedPicture[]
  readonly unused: readonly Region[]
}

/** What a file says of itself. Tags that cannot be read are left out; only those made to be endless are refused. */
export async function readTags(source: RangedSource, regions: readonly TagRegion[]): Promise<TagsOfFile> {
  const collected: CollectedTags[] = []
  for (const region of regions) collected.push(await collect(source, region))
  const parsed = await parsePieces(collected.flatMap(({ pieces }) => pieces))
  return {
    embedded_tags: Object.assign({}, ...parsed.map(toTags).reverse()),
    pictures: collected.flatMap(({ pictures }) => pictures),
    unused: collected.flatMap(({ unused = [] }) => unused),
  }
}

async function collect(source: RangedSource, region: TagRegion): Promise<CollectedTags> {
  try {
    return await collectors[region.kind](source, region)
  } catch (error) {
    if (error instanceof Refused && error.reason !== 'oversized_tags') return { pieces: [], pictures: [] }
    throw error
  }
}

type Collect = (source: RangedSource, region: TagRegion) => Promise<CollectedTags>

const collectors: Record<TagRegion['kind'], Collect> = {
  id3: collectId3,
  vorbis: collectComments,
  ogg: collectOggComments,
  picture: async (_, region) => collectPicture(region),
  ilst: collectItems,
  info: collectWhole,
  text: collectWhole,
  ape: collectWhole,
  id3v1: collectWhole,
}

const textTags = ['title', 'artist', 'album', 'albumartist', 'key', 'date', 'copyright', 'label'] as const
const listTags = ['genre', 'isrc', 'composer'] as const
const mostValues = 20

/** A few well-known ones, bounded. */
function toTags({ common, native }: ParsedTags): EmbeddedTags {
  const texts = textTags.map((name) => [name, cleanText(firstOf(common[name]))] as const)
  const lists = listTags.map((name) => [name, cleanList(common[name])] as const)
  const numbers = [
    ['bpm', cleanNumber(common.bpm, 999)],
    ['year', cleanNumber(common.year, 9_999)],
    ['track_number', cleanNumber(common.track.no, 9_999)],
    ['length_ms', cleanNumber(claimedLength(native), 24 * 3_600_000)],
  ] as const
  const entries = [...texts, ...lists, ...numbers].filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as EmbeddedTags
}

const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value)

function cleanList(values: readonly unknown[] | undefined): readonly string[] | undefined {
  const clean = values?.slice(0, mostValues).map(cleanText)
  const list = clean?.filter((value) => value !== undefined) ?? []
  return list.length > 0 ? list : undefined
}

/** In milliseconds, by whoever tagged it. */
function claimedLength(native: ParsedTags['native']): unknown {
  const tags = Object.values(native).flat()
  return firstOf(tags.find(({ id }) => id === 'TLEN' || id === 'TLE')?.value)
}
