import { createKeyFinder } from '../../../../lib/media/analysis/musical-key.ts'
import { musicalKey } from '../../../../lib/tracks/fields.ts'
import {
  cadence,
  drumLoop,
  names,
  noise,
  type Signal,
  sampleRate,
  silence,
  sum,
  toSamples,
} from '../../../support/sound.ts'

function keyOf(signal: Signal) {
  const finder = createKeyFinder(sampleRate)
  finder.add(toSamples(signal))
  return finder.finish()
}

const keys = (['major', 'minor'] as const).flatMap((mode) =>
  names[mode].map((name, tonic) => ({ name, tonic, mode })),
)

test.each(keys)('hears $name in a cadence, and under drums', ({ name, tonic, mode }) => {
  const chords = cadence(tonic, mode)
  const alone = keyOf(chords)!
  expect(alone.musical_key).toBe(name)
  expect(alone.confidence).toBeGreaterThan(0.7)
  expect(keyOf(sum(chords, drumLoop(100, 16)))).toMatchObject({ musical_key: name })
  expect(musicalKey.parse(name)).toBe(name)
})

test.each([
  { name: 'noise', signal: noise(60) },
  { name: 'silence', signal: silence(30) },
  { name: 'a single tone', signal: silence(30).map((_, at) => Math.sin((at * 2763) / sampleRate)) },
  { name: 'drums alone', signal: drumLoop(120) },
  { name: 'one second', signal: cadence(0, 'major', 1) },
  { name: 'nothing at all', signal: silence(0) },
])('hears no key in $name', ({ signal }) => {
  expect(keyOf(signal)).toBeNull()
})
