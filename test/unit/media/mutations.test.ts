import fc from 'fast-check'
import { type Inspection, inspectAudio } from '../../../lib/media/metadata/metadata.ts'
import { createRangedSource } from '../../../lib/media/metadata/ranged-source.ts'
import { readPicture } from '../../../lib/media/metadata/tags/read-picture.ts'
import { findReason } from '../../../lib/media/reasons.ts'
import { bytes, uint32 } from '../../support/corpus/build.ts'
import { encodeAll, type RecipeName, recipes } from '../../support/corpus/encode.ts'

const encoded = await encodeAll()
const names: readonly RecipeName[] = [
  ...(['mp3_cover', 'mp3_vbr_without_summary', 'wav_s16', 'wav_rf64', 'wav_adpcm', 'flac_cover'] as const),
  ...(['aiff_s16', 'aifc_sowt', 'aac_adts', 'm4a_cover', 'm4a_alac', 'm4a_fragmented'] as const),
  ...(['ogg_vorbis', 'ogg_flac', 'opus', 'film_mp4'] as const),
]

type Mutate = (file: Buffer) => Buffer

/** Mostly where the structure stands; by shares of the file otherwise. */
const place = fc.oneof(
  { weight: 3, arbitrary: fc.nat(600).map((at) => (file: Buffer) => Math.min(at, file.length)) },
  {
    weight: 1,
    arbitrary: fc
      .double({ min: 0, max: 1, noNaN: true })
      .map((share) => (file: Buffer) => Math.floor(share * file.length)),
  },
)

const extremes = fc.constantFrom(0, 1, 4, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff)

const splice = (file: Buffer, at: number, removed: number, added: Uint8Array = Buffer.alloc(0)) =>
  bytes(file.subarray(0, at), added, file.subarray(at + removed))

const mutation: fc.Arbitrary<Mutate> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(([at, bit]) => (file: Buffer) => {
    const flipped = file[at(file)]
    return flipped === undefined ? file : splice(file, at(file), 1, Uint8Array.of(flipped ^ (1 << bit)))
  }),
  fc.tuple(place, extremes, fc.constantFrom('BE', 'LE')).map(([at, value, order]) => (file: Buffer) => {
    return splice(file, at(file), 4, uint32(value, order as 'BE' | 'LE'))
  }),
  place.map((at) => (file: Buffer) => file.subarray(0, at(file))),
  fc.tuple(place, fc.nat(300)).map(
    ([at, length]) =>
      (file: Buffer) =>
        splice(file, at(file), length),
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 300 })).map(([at, added]) => (file: Buffer) => {
    return splice(file, at(file), 0, added)
  }),
  fc.tuple(place, place, fc.nat(2_000)).map(([at, from, length]) => (file: Buffer) => {
    return splice(file, at(file), 0, file.subarray(from(file), from(file) + length))
  }),
)

function inspect(file: Buffer, name: RecipeName) {
  const getRange = async (_: string, first: number, last: number) => file.subarray(first, last + 1)
  const source = createRangedSource({ getRange }, name, file.length)
  const { content_type, extension } = recipes[name]
  return inspectAudio(source, { content_type, filename: `a.${extension}` })
}

const between = (value: number | null, least: number, most: number) =>
  value === null || (Number.isFinite(value) && value >= least && value <= most)

function mustMakeSense(inspection: Inspection) {
  if ('rejected' in inspection) return expect(findReason(inspection.rejected)).toBeDefined()
  const { metadata } = inspection
  expect(Number.isInteger(metadata.sample_rate_hz) && between(metadata.sample_rate_hz, 1_000, 768_000)).toBe(
    true,
  )
  expect(Number.isInteger(metadata.channels) && between(metadata.channels, 1, 8)).toBe(true)
  expect(between(metadata.duration_ms, 1, 86_400_000)).toBe(true)
  expect(between(metadata.bitrate_bps, 1, 2 ** 31 - 1)).toBe(true)
  expect(between(metadata.bit_depth, 1, 64)).toBe(true)
  expect(JSON.stringify(metadata.embedded_tags).length).toBeLessThan(100_000)
}

test.each(names)(
  'whatever becomes of the bytes of %s, there is a verdict that makes sense',
  async (name) => {
    const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 })
    const property = fc.asyncProperty(mutations, async (steps) => {
      const file = steps.reduce((current, step) => step(current), encoded[name])
      const inspection = await inspect(file, name)
      mustMakeSense(inspection)
      if ('rejected' in inspection || !inspection.picture) return
      const getRange = async (_: string, first: number, last: number) => file.subarray(first, last + 1)
      await readPicture(createRangedSource({ getRange }, name, file.length), inspection.picture)
    })
    await fc.assert(property, { numRuns: 120 })
  },
  60_000,
)

test('noise behind the first bytes of each format gets a verdict', async () => {
  const heads = names.map((name) => [name, encoded[name].subarray(0, 48)] as const)
  const property = fc.asyncProperty(
    fc.constantFrom(...heads),
    fc.uint8Array({ maxLength: 3_000 }),
    async ([name, head], noise) => mustMakeSense(await inspect(bytes(head, noise), name)),
  )
  await fc.assert(property, { numRuns: 500 })
}, 60_000)
