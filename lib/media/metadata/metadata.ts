import { logger } from '../../logger.ts'
import { type Container, findAudioType } from '../audio-types.ts'
import { refuseDocuments, refuseForeign } from './foreign.ts'
import { readAiff } from './formats/aiff.ts'
import { findBody } from './formats/body.ts'
import { readFlac } from './formats/flac.ts'
import { type Layout, type ReadLayout, Refused } from './formats/layout.ts'
import { readMp4 } from './formats/mp4.ts'
import { readMpeg } from './formats/mpeg.ts'
import { readOgg } from './formats/ogg.ts'
import { readWav } from './formats/riff.ts'
import { sniffContainer } from './formats/sniff.ts'
import { mustBePlausible } from './plausible.ts'
import { type RangedSource, SourceTooLong, SourceUnavailable } from './ranged-source.ts'
import type { MetadataRejection } from './rejections.ts'
import type { EmbeddedPicture } from './tags/pieces.ts'
import { type EmbeddedTags, readTags } from './tags/read-tags.ts'

/** What a file's bytes say, by the names of the version's columns. */
export interface AudioMetadata {
  readonly container: Container
  readonly codec: string
  readonly sample_rate_hz: number
  readonly channels: number
  /** Null where only decoding all of it would tell. */
  readonly duration_ms: number | null
  /** From parts of the file, so that whoever decodes all of it knows better. */
  readonly is_duration_estimated: boolean
  readonly bitrate_bps: number | null
  readonly bit_depth: number | null
  readonly embedded_tags: EmbeddedTags
}

export interface Inspected {
  readonly metadata: AudioMetadata
  /** The first one, not read so far. */
  readonly picture: EmbeddedPicture | undefined
}

export type Inspection = Inspected | { readonly rejected: MetadataRejection }

export interface Declared {
  readonly content_type: string
  readonly filename: string
}

/** Reads as little of the object as tells what it is, and believes nothing but its bytes. */
export async function inspectAudio(source: RangedSource, declared: Declared): Promise<Inspection> {
  if (source.size_bytes === 0) return { rejected: 'empty' }
  try {
    return await inspect(source, declared)
  } catch (error) {
    if (error instanceof Refused) return { rejected: error.reason }
    if (error instanceof SourceUnavailable) throw error
    if (error instanceof SourceTooLong) return { rejected: 'malformed' }
    // Nothing that a file holds may stop the queue, whatever we did not think of.
    logger.warn('A file could not be read', { error })
    return { rejected: 'unsupported_media' }
  }
}

const readers: Record<Container, ReadLayout> = {
  mp3: readMpeg,
  aac: readMpeg,
  wav: readWav,
  flac: readFlac,
  aiff: readAiff,
  mp4: readMp4,
  ogg: readOgg,
}

async function inspect(source: RangedSource, declared: Declared): Promise<Inspected> {
  await refuseDocuments(source)
  const body = await findBody(source)
  const container = await sniffContainer(source, body)
  if (!container) throw new Refused('unsupported_media')
  mustBeContainer(container, declared)
  const layout = await readers[container](source, body)
  mustBeCodec(layout, declared)
  mustBePlausible(layout, source.size_bytes)
  const { embedded_tags, pictures, unused } = await readTags(source, [...layout.tags, ...body.tags])
  await refuseForeign(source, body, { ...layout, unused: [...(layout.unused ?? []), ...unused] })
  const metadata = { container, ...toColumns(layout, source.size_bytes), embedded_tags }
  return { metadata, picture: pictures[0] }
}

/** `undefined` for a type that nobody may declare. */
function mustBeContainer(container: Container, { content_type }: Declared): void {
  const declared = findAudioType(content_type)?.container
  if (declared === undefined) throw new Refused('unsupported_media')
  if (declared !== container) throw new Refused('content_mismatch')
}

/** Where one container carries several, the type may name one, and so may the end of the name. */
function mustBeCodec({ codec }: Layout, { content_type, filename }: Declared): void {
  const declared = findAudioType(content_type)?.codec
  if (declared !== undefined && declared !== codec) throw new Refused('content_mismatch')
  if (/\.opus$/i.test(filename) && codec !== 'Opus') throw new Refused('extension_mismatch')
}

function toColumns(layout: Layout, sizeBytes: number) {
  const { codec, sample_rate_hz, channels, bit_depth, seconds, is_duration_estimated = false } = layout
  const average = seconds ? (8 * sizeBytes) / seconds : undefined
  return {
    codec,
    sample_rate_hz,
    channels,
    bit_depth,
    duration_ms: seconds === null ? null : Math.max(Math.round(1_000 * seconds), 1),
    is_duration_estimated,
    bitrate_bps: rounded(layout.bitrate_bps ?? average),
  }
}

/** Columns are 32-bit integers; a header may say anything. */
function rounded(value: number | undefined): number | null {
  if (value === undefined || !Number.isFinite(value) || value <= 0 || value >= 2 ** 31) return null
  return Math.round(value)
}
