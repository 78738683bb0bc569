import { createSpectra } from './spectra.ts'

const { PI, cos, floor, log2, max, min, round, sqrt } = Math

export interface MusicalKey {
  /** As musicians write it: `F#m`, `Bb`. */
  readonly musical_key: string
  /** From 0 to 1: how well it fits, and how much better than the next one. */
  readonly confidence: number
}

const size = 8192
const hop = 4096

/** Where fundamental tones and their nearest overtones are. */
const lowestHz = 65
const highestHz = 2100
const concertPitchHz = 440

const longestSeconds = 1200
const shortestSeconds = 2

/** How well each degree of a scale fits its key (Temperley, 1999). */
const majorProfile = [5, 2, 3.5, 2, 4.5, 4, 2, 4.5, 2, 3.5, 1.5, 4]
const minorProfile = [5, 2, 3.5, 4.5, 2, 4, 2, 4.5, 3.5, 2, 1.5, 4]

const majorNames = ['C', 'Db', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B']
const minorNames = ['Cm', 'C#m', 'Dm', 'Ebm', 'Em', 'Fm', 'F#m', 'Gm', 'G#m', 'Am', 'Bbm', 'Bm']

const candidates = majorNames.flatMap((major, tonic) => [
  { name: major, profile: turned(majorProfile, tonic) },
  { name: minorNames[tonic]!, profile: turned(minorProfile, tonic) },
])

function turned(profile: readonly number[], tonic: number): number[] {
  return profile.map((_, pitch) => profile[(pitch - tonic + 12) % 12]!)
}

/** Noise has every pitch alike, a drone only one: neither has a key. */
const leastContrast = 0.2
const leastFit = 0.5

/** Finds the key of a piece: how much of each of the twelve pitches it has, held against what each key would have. */
export function createKeyFinder(sampleRate: number) {
  const most = floor((longestSeconds * sampleRate) / hop)
  const hzPerBin = sampleRate / size
  const first = max(1, floor(lowestHz / hzPerBin))
  const last = floor(highestHz / hzPerBin)
  const chroma = new Float64Array(12)
  let windows = 0
  const add = createSpectra({
    size,
    hop,
    onSpectrum(magnitudes) {
      if (windows >= most) return
      windows++
      const pitches = pitchesOf(magnitudes, { first, last, hzPerBin })
      const loudest = max(...pitches)
      // Each moment counts alike, however loud.
      if (loudest > quietest)
        for (let pitch = 0; pitch < 12; pitch++) chroma[pitch]! += pitches[pitch]! / loudest
    },
  })
  return {
    add,
    finish: (): MusicalKey | null => (windows * hop < shortestSeconds * sampleRate ? null : findKey(chroma)),
  }
}

const quietest = 1e-3

/** Tones stand out as peaks; how far one is from the middle of its pitch tells how much it counts. */
function pitchesOf(
  magnitudes: Float32Array,
  { first, last, hzPerBin }: { first: number; last: number; hzPerBin: number },
): Float64Array {
  const pitches = new Float64Array(12)
  for (let bin = first; bin <= last; bin++) {
    const [before, here, after] = [magnitudes[bin - 1]!, magnitudes[bin]!, magnitudes[bin + 1]!]
    if (here < before || here <= after) continue
    const shift = (0.5 * (before - after)) / (before - 2 * here + after)
    const note = 69 + 12 * log2(((bin + shift) * hzPerBin) / concertPitchHz)
    const nearest = round(note)
    const weight = cos(PI * (note - nearest)) ** 2
    pitches[((nearest % 12) + 12) % 12]! += weight * here
  }
  return pitches
}

function findKey(chroma: Float64Array): MusicalKey | null {
  const mean = chroma.reduce((sum, value) => sum + value, 0) / 12
  const deviation = sqrt(chroma.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 12)
  if (mean === 0 || deviation / mean < leastContrast) return null
  const ranked = candidates
    .map(({ name, profile }) => ({ name, fit: correlate(chroma, profile) }))
    .sort((a, b) => b.fit - a.fit)
  const [best, next] = ranked as [(typeof ranked)[0], (typeof ranked)[0]]
  if (best.fit < leastFit) return null
  const confidence = best.fit * min(1, 0.5 + 2.5 * (best.fit - next.fit))
  return { musical_key: best.name, confidence: round(confidence * 100) / 100 }
}

function correlate(a: ArrayLike<number>, b: readonly number[]): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)]
  let [both, squareA, squareB] = [0, 0, 0]
  for (let at = 0; at < b.length; at++) {
    const [x, y] = [a[at]! - meanA, b[at]! - meanB]
    both += x * y
    squareA += x * x
    squareB += y * y
  }
  return both / sqrt(squareA * squareB)
}

const meanOf = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
