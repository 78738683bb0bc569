/** A short piece for whoever has no file at hand: 120 beats a minute in A minor, in 16-bit stereo. */
const rate = 44_100
const beatSeconds = 0.5
const beats = 32
const frames = Math.round(beats * beatSeconds * rate)

/** Chords of four beats each, as semitones from A: Am Dm E Am. */
const chords = [
  [0, 3, 7],
  [5, 8, 12],
  [7, 11, 14],
  [0, 3, 7],
]
/** Which tone of the chord each eighth plays. */
const figure = [0, 1, 2, 1]

const tags = { INAM: 'Night Tide', IART: 'Demo Ensemble', IGNR: 'Electronic', ICRD: '2026' }

/** As many rounds of it as are asked for: a WAV file in pieces that are shared between its rounds. */
export function makeSong(rounds: number): Uint8Array<ArrayBuffer>[] {
  const round = render()
  const info = infoChunk()
  return [
    header(round.byteLength * rounds, info.byteLength),
    ...Array<Uint8Array<ArrayBuffer>>(rounds).fill(round),
    info,
  ]
}

const pitch = (semitones: number) => 220 * 2 ** (semitones / 12)
const sine = (frequency: number, seconds: number) => Math.sin(2 * Math.PI * frequency * seconds)

function render(): Uint8Array<ArrayBuffer> {
  const samples = new Int16Array(frames * 2)
  let noise = 1
  for (let frame = 0; frame < frames; frame += 1) {
    const seconds = frame / rate
    const beat = seconds / beatSeconds
    noise = (noise * 16_807) % 2_147_483_647
    const hiss = (noise / 2_147_483_647) * 2 - 1
    const [left, right] = mix(seconds, beat, hiss)
    samples[frame * 2] = Math.round(left * 26_000)
    samples[frame * 2 + 1] = Math.round(right * 26_000)
  }
  return new Uint8Array(samples.buffer)
}

/** Pad, arpeggio, bass, kick, snare and hat; the beat sets in after the first chord and rests in the last. */
function mix(seconds: number, beat: number, hiss: number): [number, number] {
  const chord = chords[Math.floor(beat / 4) % chords.length]!
  const inBeat = (beat % 1) * beatSeconds
  const inEighth = (beat * 2) % 1
  const pad = chord.reduce((sum, step) => sum + sine(pitch(step), seconds), 0) / 3
  const note = pitch(chord[figure[Math.floor(beat * 2) % figure.length]!]! + 12)
  const pluck = sine(note, seconds) * Math.exp(-inEighth * 4)
  const hasBeat = beat >= 4 && beat < 28
  const isSnare = hasBeat && Math.floor(beat) % 2 === 1
  const kick =
    hasBeat && !isSnare ? sine(50 + 90 * Math.exp(-inBeat * 30), inBeat) * Math.exp(-inBeat * 9) : 0
  const snare = isSnare ? hiss * Math.exp(-inBeat * 16) : 0
  const bass = hasBeat ? sine(pitch(chord[0]! - 24), seconds) * Math.exp(-inBeat * 4) : 0
  const hat = hasBeat && beat >= 12 ? hiss * Math.exp(-((beat + 0.5) % 1) * 24) : 0
  const swell = Math.min(1, 0.25 + beat / 16, (beats - beat) / 3)
  const middle = 0.16 * pad * swell + 0.42 * kick + 0.16 * snare + 0.22 * bass
  return [middle + 0.09 * pluck * swell + 0.03 * hat, middle + 0.06 * pluck * swell + 0.06 * hat]
}

function infoChunk(): Uint8Array<ArrayBuffer> {
  const fields = Object.entries(tags).map(([id, text]) => {
    const padded = text.padEnd(text.length + 2 - (text.length % 2), '\0')
    return `${id}${size(padded.length)}${padded}`
  })
  const body = `INFO${fields.join('')}`
  return bytes(`LIST${size(body.length)}${body}`)
}

function header(sampleBytes: number, infoBytes: number): Uint8Array<ArrayBuffer> {
  const format = `fmt ${size(16)}\x01\0\x02\0${size(rate)}${size(rate * 4)}\x04\0\x10\0`
  return bytes(`RIFF${size(36 + sampleBytes + infoBytes)}WAVE${format}data${size(sampleBytes)}`)
}

/** Four bytes, the lowest first. */
const size = (value: number) =>
  String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255)

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
