import { inputOptions } from '../media/analysis/decoders.ts'
import { runFfmpeg } from '../media/analysis/ffmpeg.ts'
import type { Container } from '../media/audio-types.ts'

export interface Mp3Source {
  readonly url: string
  readonly container: Container
  readonly channels: number
  readonly sample_rate_hz: number
  readonly title: string
  readonly artist: string
}

/** Writes a piece as MP3 at a constant 320 kb/s, with its title and artist and no other tag, to a file. */
export async function encodeMp3(source: Mp3Source, path: string, timeoutMs: number): Promise<void> {
  const { url, container, channels, sample_rate_hz, title, artist } = source
  await runFfmpeg({
    args: [
      ...inputOptions(container, url),
      ...['-map', '0:a:0', '-ar', String(rateFor(sample_rate_hz)), '-ac', String(Math.min(channels, 2))],
      ...['-map_metadata', '-1', '-map_chapters', '-1'],
      ...['-metadata', `title=${title}`, '-metadata', `artist=${artist}`],
      ...['-fflags', '+bitexact', '-flags:a', '+bitexact', '-id3v2_version', '3'],
      ...['-c:a', 'libmp3lame', '-b:a', '320k', '-f', 'mp3', '-y', path],
    ],
    sinks: [],
    timeoutMs,
  })
}

/** Only these rates of MP3 go up to 320 kb/s. */
const rateFor = (sampleRate: number) => (sampleRate % 48_000 === 0 ? 48_000 : 44_100)
