import type { Container } from '../audio-types.ts'
import { inputOptions } from './decoders.ts'
import { runFfmpeg } from './ffmpeg.ts'
import { createLoudestPart } from './loudest-part.ts'
import { type Loudness, parseLoudness } from './loudness.ts'
import { createKeyFinder, type MusicalKey } from './musical-key.ts'
import { createWaveforms, type Waveform } from './peaks.ts'
import { createSampleReader } from './sample-reader.ts'
import { createTempoFinder, type Tempo } from './tempo.ts'

const { min, round } = Math

export interface Listening {
  readonly duration_ms: number
  readonly loudness: Loudness | null
  readonly tempo: Tempo | null
  readonly key: MusicalKey | null
  readonly overview: Waveform
  readonly detail: Waveform
  readonly loudest_ms: number
}

export interface Piece {
  readonly url: string
  readonly container: Container
  readonly channels: number
}

/** The rate at which ffmpeg measures loudness in any case. */
const waveformRate = 48_000
/** Rhythm and harmony are below 5 kHz. */
const listeningRate = 11_025

/** Longer than any set; the waveforms of a piece without end would have none either. */
const longestSeconds = 24 * 3600

export class PieceTooLong extends Error {
  override name = 'PieceTooLong'
}

/** Hears a piece once from its beginning to its end, and tells all that can be heard; in memory that is flat. */
export async function listenTo(piece: Piece, timeoutMs: number): Promise<Listening> {
  const channels = min(piece.channels, 2)
  const waveforms = createWaveforms(waveformRate, channels)
  const [tempo, key, loudest] = [
    createTempoFinder(listeningRate),
    createKeyFinder(listeningRate),
    createLoudestPart(listeningRate),
  ]
  const draw = createSampleReader(channels, (samples) => {
    waveforms.add(samples)
    if (waveforms.frames() > longestSeconds * waveformRate) throw new PieceTooLong()
  })
  const hear = createSampleReader(1, (samples) => {
    for (const listener of [tempo, key, loudest]) listener.add(samples)
  })
  const log = await runFfmpeg({ args: argumentsFor(piece, channels), sinks: [draw, hear], timeoutMs })
  const seconds = waveforms.frames() / waveformRate
  return {
    duration_ms: round(seconds * 1000),
    loudness: parseLoudness(log, seconds),
    tempo: tempo.finish(),
    key: key.finish(),
    ...waveforms.finish(),
    loudest_ms: loudest.finish(),
  }
}

/** Decoded once, measured on its way, and written twice: as it sounds, and small. */
function argumentsFor({ url, container }: Piece, channels: number): string[] {
  const raw = (rate: number, count: number) => ['-ar', String(rate), '-ac', String(count), '-f', 's16le']
  return [
    ...inputOptions(container, url),
    ...['-filter_complex', '[0:a:0]ebur128=peak=true:framelog=verbose,asplit[a][b]'],
    ...['-map', '[a]', ...raw(waveformRate, channels), 'pipe:1'],
    ...['-map', '[b]', ...raw(listeningRate, 1), 'pipe:3'],
  ]
}
