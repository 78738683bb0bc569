import { type IAudioMetadata, type ICommonTagsResult, parseFromTokenizer } from 'music-metadata'
import { EndOfStreamError } from 'strtok3'
import { type Container, findAudioType } from './audio-types.ts'
import { ObjectTokenizer } from './object-tokenizer.ts'
import { findLastOggPage, readPreSkip } from './ogg-tail.ts'
import { type RangedSource, SourceUnavailable } from './ranged-source.ts'
import { id3Length, sniffContainer } from './sniff.ts'
import { isTruncated } from './truncation.ts'

export type MetadataRejection = 'empty' | 'unsupported_media' | 'content_mismatch' | 'truncated'

export type EmbeddedTags = Readonly<Record<string, string | number | readonly string[]>>

/** What a file's bytes say, by the names of the version's columns. */
export interface AudioMetadata {
  readonly container: Container
  readonly codec: string
  readonly sample_rate_hz: number
  readonly channels: number
  /** Null where only decoding all of it would tell. */
  readonly duration_ms: number | null
  readonly bitrate_bps: number | null
  readonly bit_depth: number | null
  readonly embedded_tags: EmbeddedTags
}

export type Inspection = { readonly metadata: AudioMetadata } | { readonly rejected: MetadataRejection }

const mostChannels = 8

/** Reads as little of the object as tells what it is, and believes nothing but its bytes. */
export async function inspectAudio(source: RangedSource, contentType: string): Promise<Inspection> {
  if (source.size_bytes === 0) return { rejected: 'empty' }
  try {
    return await inspect(source, contentType)
  } catch (error) {
    if (error instanceof SourceUnavailable) throw error
    return { rejected: error instanceof EndOfStreamError ? 'truncated' : 'unsupported_media' }
  }
}

async function inspect(source: RangedSource, contentType: string): Promise<Inspection> {
  const declared = findAudioType(contentType)
  if (id3Length(await source.read(0, 10)) >= source.size_bytes) return { rejected: 'truncated' }
  const sniffed = await sniffContainer(source)
  if (!sniffed || !declared) return { rejected: 'unsupported_media' }
  if (sniffed.container !== declared.container) return { rejected: 'content_mismatch' }
  if (await isTruncated(source, sniffed)) return { rejected: 'truncated' }
  const parsed = await parseFromTokenizer(new ObjectTokenizer(source, parserTypes[sniffed.container]), {
    skipCovers: true,
  })
  const metadata = await toMetadata(source, sniffed.container, parsed)
  if (!metadata) return { rejected: 'unsupported_media' }
  if (declared.codec && declared.codec !== metadata.codec) return { rejected: 'content_mismatch' }
  return { metadata }
}

/** What music-metadata knows its parsers by. */
const parserTypes: Record<Container, string> = {
  mp3: 'audio/mpeg',
  aac: 'audio/aac',
  wav: 'audio/wav',
  flac: 'audio/flac',
  aiff: 'audio/aiff',
  mp4: 'audio/mp4',
  ogg: 'audio/ogg',
}

async function toMetadata(
  source: RangedSource,
  container: Container,
  { format, common }: IAudioMetadata,
): Promise<AudioMetadata | undefined> {
  const { numberOfChannels: channels = 0, hasVideo, bitsPerSample } = format
  const sampleRate = rounded(format.sampleRate)
  if (hasVideo || !sampleRate || channels < 1 || channels > mostChannels) return undefined
  const seconds = container === 'ogg' ? await oggSeconds(source, sampleRate) : format.duration
  const average = seconds ? (8 * source.size_bytes) / seconds : undefined
  return {
    container,
    codec: codecOf(format.codec),
    sample_rate_hz: sampleRate,
    channels,
    duration_ms: rounded(seconds && seconds * 1000),
    bitrate_bps: rounded(container === 'ogg' ? average : (format.bitrate ?? average)),
    bit_depth: rounded(bitsPerSample),
    embedded_tags: toTags(common),
  }
}

/** Columns are 32-bit integers; a header may say anything. */
function rounded(value: number | undefined): number | null {
  if (value === undefined || !Number.isFinite(value) || value <= 0 || value >= 2 ** 31) return null
  return Math.round(value)
}

/** Plain AIFF names no codec, and WAVE_FORMAT_EXTENSIBLE none that music-metadata knows. */
const codecOf = (codec: string | undefined) => (!codec || codec.startsWith('non-PCM') ? 'PCM' : codec)

/** Ogg's header knows no length: its last page does. Opus always counts at 48 kHz. */
async function oggSeconds(source: RangedSource, sampleRate: number): Promise<number | undefined> {
  const page = await findLastOggPage(source)
  if (page?.granule === undefined) return undefined
  const preSkip = await readPreSkip(source)
  return (page.granule - preSkip) / (preSkip > 0 ? 48_000 : sampleRate)
}

const textTags = ['title', 'artist', 'album', 'albumartist', 'key', 'date', 'copyright', 'label'] as const
const listTags = ['genre', 'isrc', 'composer'] as const
const longestTag = 500
const mostValues = 20

/** A few well-known tags, bounded, and without what PostgreSQL refuses in jsonb. */
function toTags(common: ICommonTagsResult): EmbeddedTags {
  const texts = textTags.map((name) => [name, firstOf(common[name])] as const)
  const lists = listTags.map((name) => [name, common[name]?.slice(0, mostValues).map(clean)] as const)
  const numbers = [
    ['bpm', common.bpm],
    ['year', common.year],
    ['track_number', common.track.no ?? undefined],
  ] as const
  const entries = [...texts, ...lists, ...numbers].filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(entries) as EmbeddedTags
}

function firstOf(value: unknown): string | undefined {
  const first = Array.isArray(value) ? value[0] : value
  return first === undefined || first === null ? undefined : clean(String(first))
}

const clean = (text: string) =>
  text
    .slice(0, longestTag)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
