import { Refused, type Region } from '../formats/layout.ts'
import type { RangedSource } from '../ranged-source.ts'

/** In the file that the tags are read from, each form of them stands where its readers look for it. */
export type TagForm = 'id3' | 'ape' | 'id3v1' | 'flac' | 'ilst' | 'info' | 'text'

export interface TagPiece {
  readonly form: TagForm
  readonly bytes: Buffer
}

export interface EmbeddedPicture {
  /** About. */
  readonly size_bytes: number
  /** With its description, as a piece by itself. The source is one of the whole file. */
  read(source: RangedSource): Promise<TagPiece>
}

/** What is worth reading of the tags in a file: a little, however large they are. */
export interface CollectedTags {
  readonly pieces: readonly TagPiece[]
  readonly pictures: readonly EmbeddedPicture[]
  /** What stands in a tag and is no part of it. */
  readonly unused?: readonly Region[]
}

export const largestValueBytes = 64 * 1024
/** Taggers of DJs write some hundred. */
export const mostEntries = 5_000

export function mustBeFew(entries: number): void {
  if (entries > mostEntries) throw new Refused('oversized_tags')
}
