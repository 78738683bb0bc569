import { checkedLength } from '../../../lib/media/metadata/formats/flac-frames.ts'
import { inspectAudio } from '../../../lib/media/metadata/metadata.ts'
import { createMemorySource } from '../../../lib/media/metadata/ranged-source.ts'
import { makeAudio } from '../../support/audio.ts'
import { bytes } from '../../support/corpus/build.ts'
import { named } from '../../support/corpus/file.ts'
import { silentFlac } from '../../support/corpus/lengths.ts'

/** Behind the signature and the first block. */
const silentFrame = silentFlac(1).subarray(42)

test('a checksum that is right in the middle of a frame is not taken for its end', () => {
  expect(checkedLength(silentFrame)).toBe(silentFrame.length)
  expect(checkedLength(bytes(silentFrame, silentFrame))).toBe(2 * silentFrame.length)
})

test('a frame that is cut short has no right checksum', () => {
  for (let length = 0; length < silentFrame.length; length++) {
    expect(checkedLength(silentFrame.subarray(0, length))).toBeUndefined()
  }
})

test('stray bytes behind a frame are none of it', () => {
  expect(checkedLength(bytes(silentFrame, [1, 2, 3, 4]))).toBe(silentFrame.length)
})

// By chance the sum is right somewhere in one of six last frames of this size.
test('files of every length are taken', async () => {
  for (let tenths = 10; tenths < 34; tenths++) {
    const file = await makeAudio('flac', { seconds: tenths / 10 })
    const inspection = await inspectAudio(createMemorySource(file), named('flac'))
    expect(inspection).toMatchObject({ metadata: { codec: 'FLAC', duration_ms: 100 * tenths } })
  }
}, 60_000)
