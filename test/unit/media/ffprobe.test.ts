import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ffprobe from '@ffprobe-installer/ffprobe'
import { type Inspected, inspectAudio } from '../../../lib/media/metadata/metadata.ts'
import { createRangedSource } from '../../../lib/media/metadata/ranged-source.ts'
import {
  encodeAll,
  encodedSeconds,
  encodedTags,
  type RecipeName,
  recipes,
} from '../../support/corpus/encode.ts'

/** What we read is held against what ffprobe reads, which knows every format better than any table of ours would. */
const run = promisify(execFile)
const directory = await mkdtemp(join(tmpdir(), 'veza-ffprobe-'))
const files = await encodeAll()
const sounds = (Object.keys(recipes) as RecipeName[]).filter((name) => !name.startsWith('film'))

afterAll(() => rm(directory, { recursive: true }))

interface Probe {
  readonly codec_name: string
  readonly sample_rate: string
  readonly channels: number
  readonly bits_per_sample: number
  readonly bits_per_raw_sample?: string
  readonly bit_rate?: string
  readonly duration?: string
  readonly tags: Readonly<Record<string, string>>
  readonly pictures: number
}

async function probe(name: RecipeName): Promise<Probe> {
  const path = join(directory, `${name}.${recipes[name].extension}`)
  await writeFile(path, files[name])
  const options = ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', path]
  const { streams, format } = JSON.parse((await run(ffprobe.path, options)).stdout)
  const [sound] = streams.filter((stream: { codec_type: string }) => stream.codec_type === 'audio')
  const lower = (tags = {}) =>
    Object.fromEntries(Object.entries(tags).map(([tag, value]) => [tag.toLowerCase(), value]))
  return {
    ...sound,
    bit_rate: sound.bit_rate ?? format.bit_rate,
    duration: sound.duration ?? format.duration,
    tags: { ...lower(format.tags), ...lower(sound.tags) },
    pictures: streams.length - 1,
  }
}

function inspect(name: RecipeName): Promise<Inspected> {
  const bytes = files[name]
  const getRange = async (_: string, first: number, last: number) => bytes.subarray(first, last + 1)
  const { content_type, extension } = recipes[name]
  const declared = { content_type, filename: `a.${extension}` }
  return inspectAudio(createRangedSource({ getRange }, name, bytes.length), declared) as Promise<Inspected>
}

/** Our names of codecs, by ffprobe's. */
const codecs: readonly [RegExp, RegExp][] = [
  [/^mp3$/, /^MPEG [12] Layer 3$/],
  [/^pcm_[us]\d/, /^PCM$/],
  [/^pcm_f/, /^PCM float$/],
  [/^pcm_alaw$/, /^A-law$/],
  [/^pcm_mulaw$/, /^Mu-law$/],
  [/^adpcm/, /^ADPCM$/],
  [/^flac$/, /^FLAC$/],
  [/^alac$/, /^ALAC$/],
  [/^aac$/, /^(MPEG-4\/)?AAC$/],
  [/^vorbis$/, /^Vorbis I$/],
  [/^opus$/, /^Opus$/],
]

/** They say nothing of how many bits a sample has that was not packed with loss. */
const isLossless = ({ codec_name }: Probe) => /^(pcm|flac|alac)/.test(codec_name)

test.each(sounds)('%s: codec, rate, channels and bits are those that ffprobe sees', async (name) => {
  const [probed, { metadata }] = await Promise.all([probe(name), inspect(name)])

  expect(metadata.codec).toMatch(codecs.find(([theirs]) => theirs.test(probed.codec_name))![1])
  expect(metadata.sample_rate_hz).toBe(Number(probed.sample_rate))
  expect(metadata.channels).toBe(probed.channels)
  if (isLossless(probed)) {
    expect(metadata.bit_depth).toBe(Number(probed.bits_per_raw_sample ?? probed.bits_per_sample))
  }
})

test.each(sounds)('%s: length and bitrate are those that ffprobe sees', async (name) => {
  const [probed, { metadata }] = await Promise.all([probe(name), inspect(name)])

  if (name === 'm4a_fragmented') return expect(metadata.duration_ms).toBeNull()
  // Where nothing says how long a file is, ffprobe takes its first frames for all of them.
  const isGuessing = /without_summary|adts/.test(name)
  const expected =
    isGuessing || name === 'wav_adpcm' ? 1_000 * encodedSeconds : 1_000 * Number(probed.duration)
  expect(Math.abs(metadata.duration_ms! - expected)).toBeLessThan(80)
  // Of Vorbis ffprobe tells what was asked for, of silence mostly what the tags take, of ADPCM what that encoder
  // writes wrongly.
  if (!isGuessing && !/vorbis|silence|adpcm/.test(name)) {
    expect(metadata.bitrate_bps! / Number(probed.bit_rate)).toBeGreaterThan(0.85)
    expect(metadata.bitrate_bps! / Number(probed.bit_rate)).toBeLessThan(1.2)
  }
})

test.each(sounds)('%s: tags and pictures are those that ffprobe sees', async (name) => {
  const [probed, { metadata, picture }] = await Promise.all([probe(name), inspect(name)])

  const { genre, ...texts } = metadata.embedded_tags
  const seen = { ...texts, ...(genre ? { genre: (genre as string[])[0] } : {}) }
  const known = Object.keys(encodedTags).filter((tag) => probed.tags[tag] !== undefined)
  expect(seen).toMatchObject(Object.fromEntries(known.map((tag) => [tag, probed.tags[tag]])))
  expect(picture !== undefined).toBe(probed.pictures > 0)
})
