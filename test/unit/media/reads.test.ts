import { type Inspected, inspectAudio } from '../../../lib/media/metadata/metadata.ts'
import { createRangedSource, SourceUnavailable } from '../../../lib/media/metadata/ranged-source.ts'
import { readPicture } from '../../../lib/media/metadata/tags/read-picture.ts'
import {
  box,
  bytes,
  chunk,
  id3,
  pictureBlock,
  pictureFrame,
  syncSafe,
  text,
  uint32,
  withChunk,
  withId3,
} from '../../support/corpus/build.ts'
import { encodeAll } from '../../support/corpus/encode.ts'
import { named } from '../../support/corpus/file.ts'
import { withOggCover } from '../../support/corpus/valid.ts'

const encoded = await encodeAll()
const KiB = 1_024
const cover = Buffer.alloc(10 * KiB * KiB, 9)

function open(file: Buffer, most?: number) {
  const getRange = async (_: string, first: number, last: number) => file.subarray(first, last + 1)
  return most === undefined
    ? createRangedSource({ getRange }, 'key', file.length)
    : createRangedSource({ getRange }, 'key', file.length, { maxBytes: most })
}

async function inspect(file: Buffer, extension: string) {
  const source = open(file)
  const inspection = (await inspectAudio(source, named(extension))) as Inspected
  return { ...inspection, bytesRead: source.bytesRead() }
}

/** An item of iTunes behind the others, and all lengths around it. */
function withItem(m4a: Buffer, picture: Buffer): Buffer {
  const item = box('covr', box('data', bytes(uint32(14), uint32(0), picture)))
  const end = m4a.length
  let out = bytes(m4a, item)
  for (const parent of ['moov', 'udta', 'meta', 'ilst']) {
    const at = out.lastIndexOf(parent, end, 'latin1') - 4
    out = bytes(out.subarray(0, at), uint32(out.readUInt32BE(at) + item.length), out.subarray(at + 4))
  }
  return out
}

const flacWithCover = (flac: Buffer) => {
  const block = pictureBlock(cover)
  return bytes(flac.subarray(0, 42), uint32(0x0600_0000 + block.length), block, flac.subarray(42))
}

describe('a cover of 10 MiB', () => {
  test.each([
    { extension: 'mp3', file: withId3(encoded.mp3_cbr, pictureFrame(cover)) },
    { extension: 'wav', file: withChunk(encoded.wav_s16, chunk('id3 ', id3(pictureFrame(cover)))) },
    { extension: 'flac', file: flacWithCover(encoded.flac_16) },
    { extension: 'm4a', file: withItem(encoded.m4a_aac, cover) },
  ])('is not read with an $extension, and then only as much as it is', async ({ extension, file }) => {
    const { metadata, picture, bytesRead } = await inspect(file, extension)
    expect(metadata.duration_ms).toBeGreaterThan(1_900)
    expect(bytesRead).toBeLessThan(320 * KiB)

    const source = open(file)
    expect(Buffer.from((await readPicture(source, picture!))!).equals(cover)).toBe(true)
    expect(source.bytesRead()).toBeLessThan(cover.length + 128 * KiB)
  })

  test('of an Ogg is read as far as it may hide other comments, and no further', async () => {
    const file = withOggCover(encoded.opus, cover)
    const { metadata, picture, bytesRead } = await inspect(file, 'opus')
    expect(metadata.embedded_tags).toMatchObject({ title: 'Low Tide' })
    expect(bytesRead).toBeLessThan(1_024 * KiB)
    const found = await readPicture(open(file, 24 * KiB * KiB), picture!)
    expect(Buffer.from(found!).equals(cover)).toBe(true)
  })
})

/** As long as a record, of frames that vary. */
const repeated = (file: Buffer, times: number) => bytes(...Array.from({ length: times }, () => file))

test.each([
  { name: 'an MP3 of varying rate', extension: 'mp3', file: encoded.mp3_vbr_without_summary },
  { name: 'an AAC stream', extension: 'aac', file: encoded.aac_adts },
])('$name that says nothing of its length is estimated from parts of it', async ({ extension, file }) => {
  const frames = extension === 'mp3' ? file.subarray(file.indexOf(Buffer.from([0xff, 0xfb]))) : file
  const { metadata, bytesRead } = await inspect(repeated(frames, 300), extension)
  expect(metadata.is_duration_estimated).toBe(true)
  expect(metadata.duration_ms! / 600_000).toBeGreaterThan(0.85)
  expect(metadata.duration_ms! / 600_000).toBeLessThan(1.2)
  expect(bytesRead).toBeLessThan(512 * KiB)
})

test('an MP3 of one rate that says nothing of its length is told by its size', async () => {
  const file = encoded.mp3_without_summary
  const frames = file.subarray(file.indexOf(Buffer.from([0xff, 0xfb])))
  const { metadata } = await inspect(repeated(frames, 200), 'mp3')
  expect(metadata.is_duration_estimated).toBe(false)
  expect(metadata.duration_ms! / (200 * 2_000)).toBeCloseTo(1, 1)
})

test('a tag that claims more than any real one costs little time and no more reading than there is', async () => {
  const nothing = Buffer.alloc(48 * KiB * KiB)
  const file = bytes('ID3\x04\0\0', syncSafe(nothing.length), nothing, encoded.mp3_cbr)
  const { metadata, bytesRead } = await inspect(file, 'mp3')
  expect(metadata.codec).toBe('MPEG 1 Layer 3')
  expect(bytesRead).toBeLessThan(256 * KiB)
})

test('the bucket failing while tags or a picture are read is no fault of the file', async () => {
  const file = withId3(encoded.mp3_cbr, text('TIT2', 'x'), pictureFrame(cover))
  const { picture } = await inspect(file, 'mp3')
  const broken = createRangedSource({ getRange: () => Promise.reject(new Error('away')) }, 'key', file.length)
  await expect(readPicture(broken, picture!)).rejects.toThrow(SourceUnavailable)
})
