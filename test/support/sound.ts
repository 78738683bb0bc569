const { PI, exp, imul, max, min, round, sin } = Math

/** Signals made sample by sample: what tests know everything about. Values from -1 to 1. */
export type Signal = Float64Array

export const sampleRate = 11_025

const lengthOf = (seconds: number, rate: number) => round(seconds * rate)

/** The same noise each time. */
export function createNoise(seed = 1) {
  let state = seed
  return () => {
    state = (imul(state, 1_664_525) + 1_013_904_223) | 0
    return state / 2 ** 31
  }
}

export const silence = (seconds: number, rate = sampleRate): Signal =>
  new Float64Array(lengthOf(seconds, rate))

export function noise(seconds: number, rate = sampleRate): Signal {
  const next = createNoise()
  return silence(seconds, rate).map(() => 0.5 * next())
}

/** Short strokes of noise, one a beat. */
export function clicks(bpm: number, seconds = 30): Signal {
  const signal = silence(seconds)
  const next = createNoise()
  for (let beat = 0; beat * (60 / bpm) < seconds; beat++)
    strike(signal, beat * (60 / bpm), 0.02, () => next())
  return signal
}

/** Four on the floor with a snare on two and four, a hat on every eighth, and a bass under it. */
export function drumLoop(bpm: number, seconds = 30): Signal {
  const signal = silence(seconds)
  const beatSeconds = 60 / bpm
  const next = createNoise()
  let before = 0
  const bright = () => {
    const value = next()
    const high = (value - before) / 2
    before = value
    return high
  }
  const low = (at: number) => 0.8 * sin(2 * PI * 55 * at)
  for (let eighth = 0; (eighth * beatSeconds) / 2 < seconds; eighth++) {
    const start = (eighth * beatSeconds) / 2
    strike(signal, start, 0.03, () => 0.25 * bright())
    if (eighth % 2 === 0) strike(signal, start, 0.12, low)
    if (eighth % 4 === 2) strike(signal, start, 0.1, () => 0.6 * next())
    if (eighth % 8 === 3) strike(signal, start, 0.2, (at) => 0.3 * sin(2 * PI * 110 * at))
  }
  return signal
}

/** From loud to nothing within about three times `decay`. */
function strike(signal: Signal, start: number, decay: number, wave: (seconds: number) => number) {
  const first = round(start * sampleRate)
  const last = min(signal.length, first + round(5 * decay * sampleRate))
  for (let at = first; at < last; at++) {
    const seconds = (at - first) / sampleRate
    signal[at]! += exp(-seconds / decay) * wave(seconds)
  }
}

const degrees = {
  major: [
    [0, 4, 7],
    [5, 9, 12],
    [7, 11, 14],
    [0, 4, 7],
  ],
  minor: [
    [0, 3, 7],
    [5, 8, 12],
    [7, 11, 14],
    [0, 3, 7],
  ],
}

/** Tonic, subdominant, dominant, tonic, over and over, with overtones. `tonic` in semitones above C. */
export function cadence(tonic: number, mode: keyof typeof degrees, seconds = 16): Signal {
  const signal = silence(seconds)
  for (let chord = 0; chord * 2 < seconds; chord++) {
    for (const degree of degrees[mode][chord % 4]!) {
      const hz = 440 * 2 ** ((tonic + degree - 21) / 12)
      tone(signal, 2 * chord, 2, hz)
    }
  }
  return signal
}

function tone(signal: Signal, start: number, seconds: number, hz: number) {
  const first = round(start * sampleRate)
  const last = min(signal.length, first + round(seconds * sampleRate))
  for (let at = first; at < last; at++) {
    const phase = (2 * PI * hz * (at - first)) / sampleRate
    const level = 0.15 * exp(-(at - first) / sampleRate)
    signal[at]! += level * (sin(phase) + 0.4 * sin(2 * phase) + 0.2 * sin(3 * phase))
  }
}

export const sum = (...signals: readonly Signal[]): Signal =>
  signals[0]!.map((_, at) => signals.reduce((total, signal) => total + (signal[at] ?? 0), 0))

/** As 16-bit samples; what is too loud is clipped. */
export const toSamples = (signal: Signal): Int16Array =>
  Int16Array.from(signal, (value) => max(-32_768, min(32_767, round(value * 32_767))))

export const names = {
  major: ['C', 'Db', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'],
  minor: ['Cm', 'C#m', 'Dm', 'Ebm', 'Em', 'Fm', 'F#m', 'Gm', 'G#m', 'Am', 'Bbm', 'Bm'],
} as const
