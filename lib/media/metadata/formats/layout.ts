import type { RangedSource } from '../ranged-source.ts'
import type { MetadataRejection } from '../rejections.ts'

/** A stretch of the file. */
export interface Region {
  readonly position: number
  readonly length: number
}

/** What keeps tags in a form of its own. */
export interface TagRegion extends Region {
  readonly kind: 'id3' | 'vorbis' | 'ogg' | 'picture' | 'ilst' | 'info' | 'text' | 'ape' | 'id3v1'
  /** Of the stream in an Ogg that they are told of. */
  readonly serial?: number
}

/** What is left of a file when the tags that were put around it are taken away. */
export interface Body {
  readonly start: number
  readonly end: number
  readonly tags: readonly TagRegion[]
}

/** What a container's own structure says, nothing of it decoded. */
export interface Layout {
  readonly codec: string
  readonly sample_rate_hz: number
  readonly channels: number
  readonly bit_depth: number | null
  /** Null where only decoding all of it would tell. */
  readonly seconds: number | null
  readonly is_duration_estimated?: boolean
  readonly bitrate_bps?: number | undefined
  /** Where the sound begins and the container ends: what stands outside of them is none of it. */
  readonly start: number
  readonly end: number
  /** Within the container, made to be skipped by whoever reads it. */
  readonly unused?: readonly Region[]
  readonly tags: readonly TagRegion[]
}

export type ReadLayout = (source: RangedSource, body: Body) => Promise<Layout>

/** The file is not taken, and that is its own fault. */
export class Refused extends Error {
  override name = 'Refused'
  readonly reason: MetadataRejection

  constructor(reason: MetadataRejection) {
    super(`The file is refused: ${reason}`)
    this.reason = reason
  }
}

/** Exactly those bytes; a file that ends before them is cut short. */
export async function readExactly(source: RangedSource, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.from(await source.read(position, length))
  if (bytes.length < length) throw new Refused('truncated')
  return bytes
}
