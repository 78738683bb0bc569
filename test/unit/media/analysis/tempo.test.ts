import { createTempoFinder } from '../../../../lib/media/analysis/tempo.ts'
import {
  cadence,
  clicks,
  drumLoop,
  noise,
  type Signal,
  sampleRate,
  silence,
  sum,
  toSamples,
} from '../../../support/sound.ts'

function tempoOf(signal: Signal) {
  const finder = createTempoFinder(sampleRate)
  finder.add(toSamples(signal))
  return finder.finish()
}

test.each([60, 75, 90, 100, 112.5, 120, 128, 140, 150, 165, 174.2, 180, 200])(
  'finds %d beats a minute in clicks',
  (bpm) => {
    const tempo = tempoOf(clicks(bpm))!
    expect(Math.abs(tempo.bpm - bpm)).toBeLessThanOrEqual(0.3)
    expect(tempo.confidence).toBeGreaterThan(0.7)
  },
)

test.each([80, 90, 97.3, 100, 110, 120, 128, 130])('finds %d beats a minute in a drum loop', (bpm) => {
  const tempo = tempoOf(drumLoop(bpm))!
  expect(Math.abs(tempo.bpm - bpm)).toBeLessThanOrEqual(0.3)
  expect(tempo.confidence).toBeGreaterThan(0.35)
})

// Two people would not agree on these either: every eighth can be a beat, or every second beat.
test.each([60, 70, 140, 150, 160, 170, 180])('finds %d, its half or its double in a drum loop', (bpm) => {
  const tempo = tempoOf(drumLoop(bpm))!
  const octaves = Math.log2(tempo.bpm / bpm)
  expect([-1, 0, 1]).toContain(Math.round(octaves))
  expect(Math.abs(octaves - Math.round(octaves))).toBeLessThan(0.005)
})

test('finds the beat under chords and noise, whatever the pieces it comes in', () => {
  const music = sum(
    drumLoop(124),
    cadence(4, 'minor', 30),
    noise(30).map((value) => value / 10),
  )
  const samples = toSamples(music)
  const finder = createTempoFinder(sampleRate)
  for (let at = 0; at < samples.length; at += 777) finder.add(samples.subarray(at, at + 777))
  expect(Math.abs(finder.finish()!.bpm - 124)).toBeLessThanOrEqual(0.3)
  expect(finder.finish()).toEqual(tempoOf(music))
})

test.each([
  { name: 'noise', signal: noise(60) },
  { name: 'noise that can hardly be heard', signal: noise(30).map((value) => value / 1000) },
  { name: 'silence', signal: silence(30) },
  { name: 'a tone that never ends', signal: silence(30).map((_, at) => Math.sin((at * 2763) / sampleRate)) },
  { name: 'chords of two seconds', signal: cadence(0, 'major', 30) },
  { name: 'three seconds', signal: clicks(120, 3) },
  { name: 'nothing at all', signal: silence(0) },
])('finds no tempo in $name', ({ signal }) => {
  expect(tempoOf(signal)).toBeNull()
})
