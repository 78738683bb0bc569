import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import ffmpeg from '@ffmpeg-installer/ffmpeg'
import { startChild } from './child.ts'

export interface Rendition {
  readonly name: string
  readonly bitrate_bps: number
  readonly codec: string
}

export interface Stream {
  readonly manifest_key: string
  readonly duration_ms: number
  readonly renditions: readonly Rendition[]
}

/** The file itself is at fault: trying again would end the same. */
export class TranscodeError extends Error {
  override name = 'TranscodeError'
}

const CODEC = 'mp4a.40.2'
const SEGMENT_SECONDS = '6'
const bitrates = [64_000, 128_000, 256_000]
/** Demuxers of sound. A playlist would be able to name any file of this machine. */
const FORMATS = 'wav,w64,aiff,flac,mp3,aac,ogg,mov,mp4,m4a,matroska,webm,asf,caf'

/**
 * Makes HLS of a file with one decoding and three encodings. Names are flat and begin with the version, for the
 * server knows no directories; they appear together, the manifest last.
 */
export async function transcode(options: {
  readonly source: string
  readonly name: string
  readonly directory: string
  readonly signal: AbortSignal
}): Promise<Stream> {
  const { source, name, directory, signal } = options
  const work = path.join(directory, `${name}.work`)
  await rm(work, { recursive: true, force: true })
  await mkdir(work, { recursive: true })
  try {
    const renditions = bitrates.map((bitrate) => ({
      name: `${name}_${bitrate / 1000}k.m3u8`,
      bitrate_bps: bitrate,
      codec: CODEC,
    }))
    await runFfmpeg([...inputArgs(source), ...renditions.flatMap(outputArgs)], work, signal)
    const durations = await Promise.all(
      renditions.map((rendition) => durationOf(path.join(work, rendition.name))),
    )
    const manifest = `${name}.m3u8`
    await writeFile(path.join(work, manifest), masterPlaylist(renditions))
    await publish(work, directory, manifest)
    return { manifest_key: manifest, duration_ms: Math.round(Math.max(...durations) * 1000), renditions }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const inputArgs = (source: string) => [
  ...['-nostdin', '-v', 'error', '-y'],
  ...['-protocol_whitelist', 'file', '-format_whitelist', FORMATS, '-i', source],
]

function outputArgs({ name, bitrate_bps }: Rendition): string[] {
  const base = name.replace(/\.m3u8$/, '')
  return [
    ...[
      '-map',
      '0:a:0',
      '-map_metadata',
      '-1',
      '-c:a',
      'aac',
      '-b:a',
      String(bitrate_bps),
      '-ac',
      '2',
      '-ar',
      '44100',
    ],
    ...['-f', 'hls', '-hls_time', SEGMENT_SECONDS, '-hls_playlist_type', 'vod'],
    ...['-hls_segment_filename', `${base}_%05d.ts`, name],
  ]
}

async function runFfmpeg(args: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const child = await startChild(ffmpeg.path, args, { cwd })
  const kill = () => void child.stop({ signal: 'SIGKILL', graceMs: 0 })
  signal.addEventListener('abort', kill, { once: true })
  const { code } = await child.exited
  signal.removeEventListener('abort', kill)
  signal.throwIfAborted()
  if (code !== 0) throw new TranscodeError(`ffmpeg: ${child.lines.slice(-3).join(' | ')}`.slice(0, 900))
}

async function durationOf(playlist: string): Promise<number> {
  const text = await readFile(playlist, 'utf8')
  return [...text.matchAll(/^#EXTINF:([\d.]+)/gm)].reduce((sum, [, seconds]) => sum + Number(seconds), 0)
}

function masterPlaylist(renditions: readonly Rendition[]): string {
  const lines = renditions.flatMap(({ name, bitrate_bps, codec }) => [
    `#EXT-X-STREAM-INF:BANDWIDTH=${Math.round(bitrate_bps * 1.1)},AVERAGE-BANDWIDTH=${bitrate_bps},CODECS="${codec}"`,
    name,
  ])
  return ['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-INDEPENDENT-SEGMENTS', ...lines, ''].join('\n')
}

async function publish(work: string, directory: string, manifest: string): Promise<void> {
  const files = (await readdir(work)).filter((file) => file !== manifest)
  for (const file of [...files, manifest]) await rename(path.join(work, file), path.join(directory, file))
}
