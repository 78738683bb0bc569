import type { Container } from '../audio-types.ts'
import { inputOptions } from './decoders.ts'
import { runFfmpeg } from './ffmpeg.ts'
import type { Clip } from './previews-repository.ts'

export interface ClipSource {
  readonly url: string
  readonly container: Container
  readonly title: string
}

/** Ninety seconds at this rate are 1.4 MB. */
const bitsPerSecond = 128_000
const largestClip = 4 * 1024 * 1024

const fadeInSeconds = 0.5
const fadeOutSeconds = 1.5

/** A short descending call, over the music turned down a little: first after two seconds, then every twelve. */
const mark = (() => {
  const at = 'mod(t+10\\,12)'
  const tone = `0.2*sin(2*PI*if(lt(${at}\\,0.2)\\,1319\\,988)*t)`
  return `aeval='if(lt(${at}\\,0.45)\\,0.5*val(ch)+${tone}\\,val(ch))':c=same`
})()

/** Cuts a part out of a piece and makes an MP3 of it that holds nothing but its sound and its title. */
export async function makeClip(
  { url, container, title }: ClipSource,
  { start_ms, duration_ms, is_tagged }: Clip,
  timeoutMs: number,
): Promise<Buffer> {
  const [start, duration] = [start_ms / 1000, duration_ms / 1000]
  const chunks: Buffer[] = []
  let size = 0
  const collect = (chunk: Buffer) => {
    size += chunk.length
    if (size > largestClip) throw new Error('The clip is longer than it can be')
    chunks.push(chunk)
  }
  const fadeOut = Math.min(fadeOutSeconds, duration / 2)
  const filters = [
    'aformat=sample_rates=44100:channel_layouts=stereo',
    ...(is_tagged ? [mark] : []),
    `afade=t=in:d=${Math.min(fadeInSeconds, duration / 2)}`,
    `afade=t=out:st=${duration - fadeOut}:d=${fadeOut}`,
  ]
  await runFfmpeg({
    args: [
      ...inputOptions(container, url, ['-ss', String(start), '-t', String(duration)]),
      ...['-map', '0:a:0', '-filter:a', filters.join(',')],
      ...['-map_metadata', '-1', '-map_chapters', '-1', '-metadata', `title=${title}`],
      ...['-fflags', '+bitexact', '-flags:a', '+bitexact', '-id3v2_version', '3', '-write_xing', '0'],
      ...['-c:a', 'libmp3lame', '-b:a', String(bitsPerSecond), '-f', 'mp3', 'pipe:1'],
    ],
    sinks: [collect],
    timeoutMs,
  })
  return Buffer.concat(chunks)
}
