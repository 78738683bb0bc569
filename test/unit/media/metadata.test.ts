import { type Inspected, inspectAudio } from '../../../lib/media/metadata/metadata.ts'
import { createRangedSource, SourceUnavailable } from '../../../lib/media/metadata/ranged-source.ts'
import {
  type AudioFormat,
  audioFormats,
  makeAudio,
  makeVideo,
  textNamedMp3,
  truncate,
  wavHeader,
} from '../../support/audio.ts'

const formats = Object.keys(audioFormats) as AudioFormat[]
const files = Object.fromEntries(
  await Promise.all(
    formats.map(async (format) => [format, await makeAudio(format, { seconds: 8 })] as const),
  ),
) as Record<AudioFormat, Buffer>

function sourceOf(bytes: Buffer) {
  return createRangedSource(
    { getRange: async (_, first, last) => bytes.subarray(first, last + 1) },
    'key',
    bytes.length,
  )
}

const declared = (content_type: string, filename = 'a') => ({ content_type, filename })

const inspect = (bytes: Buffer, type: string) => inspectAudio(sourceOf(bytes), declared(type))

const expected: Record<AudioFormat, object> = {
  mp3: { container: 'mp3', codec: 'MPEG 1 Layer 3', bitrate_bps: 192_000 },
  vbr: { container: 'mp3', codec: 'MPEG 1 Layer 3' },
  wav: { container: 'wav', codec: 'PCM', bit_depth: 16, bitrate_bps: 1_536_000 },
  wav24: { container: 'wav', codec: 'PCM', bit_depth: 24, bitrate_bps: 2_304_000 },
  flac: { container: 'flac', codec: 'FLAC' },
  aiff: { container: 'aiff', codec: 'PCM', bit_depth: 16 },
  m4a: { container: 'mp4', codec: 'MPEG-4/AAC' },
  aac: { container: 'aac', codec: 'AAC' },
  opus: { container: 'ogg', codec: 'Opus' },
  ogg: { container: 'ogg', codec: 'Vorbis I' },
}

test.each(formats.filter((format) => format !== 'aac'))('tells what a real %s file is', async (format) => {
  const { metadata } = (await inspect(files[format], audioFormats[format].content_type)) as Inspected

  expect(metadata).toMatchObject({
    ...expected[format],
    sample_rate_hz: 48_000,
    channels: 2,
    embedded_tags: { title: 'Low Tide', artist: 'Ada North', genre: ['Ambient'] },
  })
  expect(Math.abs(metadata.duration_ms! - 8_000)).toBeLessThan(60)
  expect(metadata.bitrate_bps).toBeGreaterThan(50_000)
})

test('a short AAC stream is counted to its end; it has no tags', async () => {
  expect(await inspect(files.aac, 'audio/aac')).toMatchObject({
    metadata: { ...expected.aac, is_duration_estimated: false, channels: 2, embedded_tags: {} },
  })
})

describe('a truncated file', () => {
  const cuttable = formats.filter((format) => format !== 'aac')
  test.each(cuttable.flatMap((format) => [0.02, 0.3, 0.7, 0.97].map((share) => ({ format, share }))))(
    'is found: $format cut to $share',
    async ({ format, share }) => {
      const cut = truncate(files[format], share)
      expect(await inspect(cut, audioFormats[format].content_type)).toEqual({ rejected: 'truncated' })
    },
  )

  test.each(cuttable)('is not seen in a whole %s file with something behind it', async (format) => {
    if (format === 'm4a') return
    const longer = Buffer.concat([files[format], Buffer.alloc(128, 'T')])
    expect(await inspect(longer, audioFormats[format].content_type)).toHaveProperty('metadata')
  })
})

test.each([
  { name: 'a text file', bytes: async () => textNamedMp3, type: 'audio/mpeg', rejected: 'unsupported_media' },
  {
    name: 'noise',
    bytes: async () => Buffer.from(Array.from({ length: 9_000 }, (_, i) => (i * 7919) % 251)),
    type: 'audio/mpeg',
    rejected: 'unsupported_media',
  },
  { name: 'an empty file', bytes: async () => Buffer.alloc(0), type: 'audio/mpeg', rejected: 'empty' },
  {
    name: 'a single byte',
    bytes: async () => Buffer.from('R'),
    type: 'audio/wav',
    rejected: 'unsupported_media',
  },
  { name: 'a film', bytes: makeVideo, type: 'audio/mp4', rejected: 'video_stream' },
  {
    name: 'a page that begins like a WAV',
    bytes: async () => Buffer.from('RIFF????WAVE<script>alert(1)</script>'),
    type: 'audio/wav',
    rejected: 'truncated',
  },
  {
    name: 'nine channels',
    bytes: async () => Buffer.concat([wavHeader(1_800, 9), Buffer.alloc(1_800)]),
    type: 'audio/wav',
    rejected: 'too_many_channels',
  },
  {
    name: 'no channel',
    bytes: async () => Buffer.concat([wavHeader(1_800, 0), Buffer.alloc(1_800)]),
    type: 'audio/wav',
    rejected: 'malformed',
  },
  {
    name: 'an ID3 tag and nothing else',
    bytes: async () => truncate(files.mp3, 0.0005),
    type: 'audio/mpeg',
    rejected: 'truncated',
  },
  {
    name: 'a FLAC declared as MP3',
    bytes: async () => files.flac,
    type: 'audio/mpeg',
    rejected: 'content_mismatch',
  },
  {
    name: 'an MP3 declared as WAV',
    bytes: async () => files.mp3,
    type: 'audio/wav',
    rejected: 'content_mismatch',
  },
  {
    name: 'Vorbis declared as Opus',
    bytes: async () => files.ogg,
    type: 'audio/opus',
    rejected: 'content_mismatch',
  },
  {
    name: 'a type that nobody may declare',
    bytes: async () => files.ogg,
    type: 'text/plain',
    rejected: 'unsupported_media',
  },
])('refuses $name: $rejected', async ({ bytes, type, rejected }) => {
  expect(await inspect(await bytes(), type)).toEqual({ rejected })
})

test('survives every small damage to a header', async () => {
  for (const format of formats) {
    for (let at = 0; at < 400; at += 3) {
      const damaged = Buffer.from(files[format])
      damaged[at] = damaged[at]! ^ 0xff
      const result = await inspect(damaged, audioFormats[format].content_type)
      expect('metadata' in result).not.toBe('rejected' in result)
    }
  }
})

test('tags are bounded, and free of what the database refuses', async () => {
  const tags = { title: 'x'.repeat(2_000), artist: 'a\tb' }
  const bytes = await makeAudio('flac', { seconds: 1, tags })
  bytes.set(Buffer.from('\0'), bytes.indexOf('a\tb') + 1)
  const { metadata } = (await inspect(bytes, 'audio/flac')) as Inspected
  expect(metadata.embedded_tags).toMatchObject({ title: 'x'.repeat(500), artist: 'a b' })
})

test('reads little of a long file', async () => {
  const samples = Buffer.alloc(50 * 1024 * 1024)
  const source = sourceOf(Buffer.concat([wavHeader(samples.length), samples]))
  expect(await inspectAudio(source, declared('audio/wav'))).toHaveProperty('metadata')
  expect(source.bytesRead()).toBeLessThan(160 * 1024)
})

test('reads no more of a hostile file than of an honest one', async () => {
  const size = 64 * 1024 * 1024
  const head = Buffer.concat([
    Buffer.from('ID3\x04\0\0'),
    Buffer.from([0x1e, 0x7f, 0x7f, 0x7f]),
    Buffer.alloc(64),
  ])
  const bytes = Buffer.concat([head, Buffer.alloc(size - head.length)])
  const source = sourceOf(bytes)
  expect(await inspectAudio(source, declared('audio/mpeg'))).toHaveProperty('rejected')
  expect(source.bytesRead()).toBeLessThan(17 * 1024 * 1024)
})

test('a bucket that does not answer says nothing about the file', async () => {
  const source = createRangedSource({ getRange: () => Promise.reject(new Error('away')) }, 'key', 5_000)
  await expect(inspectAudio(source, declared('audio/mpeg'))).rejects.toThrow(SourceUnavailable)
})
