import { createSpectra } from './spectra.ts'

const { abs, ceil, exp, floor, log1p, log2, max, min, round } = Math

export interface Tempo {
  readonly bpm: number
  /** From 0 to 1: how regular the beat is. */
  readonly confidence: number
}

const size = 512
const hop = 128

/** Upper ends, in Hz: a kick, a bass, a snare and a hat each have a rhythm of their own. */
const bandEnds = [150, 600, 2000, 5500]

/** More of a piece does not make its tempo surer. */
const longestSeconds = 300
const shortestSeconds = 4

const slowest = 60
const fastest = 200

/** How far beats are followed, and how much a pulse between the beats speaks against a slow one. */
const beats = 8
const offBeatWeight = 0.4

/** Where listeners tap most, and how readily they tap elsewhere, in octaves (after Ellis, 2007). */
const usualBpm = 115
const spreadOctaves = 0.8

/** Noise stays well below it. */
const leastConfidence = 0.2

/** Of a band in which notes begin now and then; rounding alone makes less. */
const leastRise = 1e-4

/**
 * Finds the tempo of a piece: how much in its spectrum rises from one moment to the next tells where notes begin, and
 * the distance at which those beginnings look most like themselves, beat after beat, is that of the beats.
 */
export function createTempoFinder(sampleRate: number) {
  const framesPerSecond = sampleRate / hop
  const most = floor(longestSeconds * framesPerSecond)
  const ends = bandEnds.map((hz) => min(size / 2, round((hz * size) / sampleRate)))
  const before = new Float32Array(size / 2)
  const bands: number[][] = ends.map(() => [])
  const add = createSpectra({
    size,
    hop,
    onSpectrum(magnitudes) {
      if (bands[0]!.length >= most) return
      let bin = 1
      for (const [band, end] of ends.entries()) {
        let rise = 0
        const first = bin
        for (; bin < end; bin++) {
          const level = log1p(100 * magnitudes[bin]!)
          rise += max(0, level - before[bin]!)
          before[bin] = level
        }
        bands[band]!.push(rise / (end - first))
      }
    },
  })
  return { add, finish: (): Tempo | null => findTempo(bands, framesPerSecond) }
}

function findTempo(bands: readonly (readonly number[])[], framesPerSecond: number): Tempo | null {
  if (bands[0]!.length < shortestSeconds * framesPerSecond) return null
  const longest = ceil((60 / slowest) * framesPerSecond * (beats + 1))
  const similarity = similarityOf(bands, framesPerSecond, longest)
  if (!similarity) return null
  let best = { bpm: 0, score: Number.NEGATIVE_INFINITY, regularity: 0 }
  for (let bpm = slowest; bpm <= fastest; bpm += 0.25) {
    const regularity = regularityAt(similarity, (60 / bpm) * framesPerSecond)
    const octaves = log2(bpm / usualBpm) / spreadOctaves
    const score = regularity * exp(-0.5 * octaves ** 2)
    if (score > best.score) best = { bpm, score, regularity }
  }
  if (best.regularity < leastConfidence) return null
  const lag = refine(similarity, (60 / best.bpm) * framesPerSecond)
  return {
    bpm: round((600 * framesPerSecond) / lag) / 10,
    confidence: round(min(1, best.regularity) * 100) / 100,
  }
}

/** How much the piece looks like itself at each distance, 1 at none; undefined where nothing happens in it. */
function similarityOf(
  bands: readonly (readonly number[])[],
  framesPerSecond: number,
  longest: number,
): Float32Array | undefined {
  const envelopes = bands
    .map((rises) => aboveSurroundings(rises, round(framesPerSecond / 4)))
    .filter((envelope) => meanOf(envelope) > leastRise)
  if (envelopes.length === 0) return undefined
  const lags = min(longest, envelopes[0]!.length >> 1) + 1
  const all = envelopes.map((envelope) => autocorrelate(envelope, lags))
  return new Float32Array(lags).map((_, lag) => all.reduce((sum, one) => sum + one[lag]!, 0) / all.length)
}

/** Only what stands out of its surroundings is a beginning. */
function aboveSurroundings(rises: readonly number[], reach: number): Float32Array {
  const envelope = new Float32Array(rises.length)
  let sum = 0
  for (let at = -reach; at < rises.length; at++) {
    sum += rises[at + reach] ?? 0
    sum -= rises[at - reach - 1] ?? 0
    if (at >= 0) envelope[at] = max(0, rises[at]! - sum / (2 * reach + 1))
  }
  return envelope
}

function autocorrelate(envelope: Float32Array, lags: number): Float32Array {
  const mean = meanOf(envelope)
  const centred = envelope.map((value) => value - mean)
  const power = meanOf(centred.map((value) => value * value))
  return new Float32Array(lags).map((_, lag) => {
    let sum = 0
    for (let at = lag; at < centred.length; at++) sum += centred[at]! * centred[at - lag]!
    return sum / (centred.length - lag) / power
  })
}

/**
 * Alike at every beat, at the odd ones as at the even ones (or else half of them are none), and not between the
 * beats (or else half of them are left out).
 */
function regularityAt(similarity: Float32Array, lag: number): number {
  const on = [0, 0]
  let [off, count] = [0, 0]
  for (let beat = 1; beat <= beats && ceil(beat * lag) + 1 < similarity.length; beat++, count++) {
    on[beat % 2]! += valueAt(similarity, beat * lag)
    off += valueAt(similarity, (beat - 0.5) * lag)
  }
  if (count < 2) return 0
  const [even, odd] = [on[0]! / floor(count / 2), on[1]! / ceil(count / 2)]
  return min(even, odd) / 2 + (even + odd) / 4 - offBeatWeight * max(0, off / count)
}

/** The line through the peaks near every beat is steadier than any of them. */
function refine(similarity: Float32Array, rough: number): number {
  const most = floor((similarity.length - 4) / (rough * 1.05))
  let [weighted, squares, lag] = [0, 0, rough]
  for (let beat = 1; beat <= most && abs(lag / rough - 1) < 0.05; beat++) {
    weighted += beat * peakNear(similarity, round(beat * lag))
    squares += beat ** 2
    lag = weighted / squares
  }
  return lag
}

function peakNear(values: Float32Array, middle: number): number {
  let peak = middle
  for (let at = middle - 2; at <= middle + 2; at++) if (values[at]! > values[peak]!) peak = at
  const [before, here, after] = [values[peak - 1]!, values[peak]!, values[peak + 1]!]
  // On a slope there is no top to find.
  if (here < before || here <= after) return peak
  return peak + (0.5 * (before - after)) / (before - 2 * here + after)
}

/** Between two distances, on the line between them. */
function valueAt(values: Float32Array, at: number): number {
  const below = floor(at)
  const share = at - below
  return values[below]! * (1 - share) + values[below + 1]! * share
}

const meanOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length
