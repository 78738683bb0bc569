import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ffmpeg from '@ffmpeg-installer/ffmpeg'
import type { Container } from '../../lib/media/audio-types.ts'

const run = promisify(execFile)

/** How ffmpeg writes each format, and what an uploader declares it as. */
export const audioFormats = {
  mp3: { content_type: 'audio/mpeg', extension: 'mp3', codec: ['-c:a', 'libmp3lame', '-b:a', '192k'] },
  vbr: { content_type: 'audio/mpeg', extension: 'mp3', codec: ['-c:a', 'libmp3lame', '-q:a', '2'] },
  wav: { content_type: 'audio/wav', extension: 'wav', codec: ['-c:a', 'pcm_s16le'] },
  wav24: { content_type: 'audio/wav', extension: 'wav', codec: ['-c:a', 'pcm_s24le'] },
  flac: { content_type: 'audio/flac', extension: 'flac', codec: ['-c:a', 'flac'] },
  aiff: { content_type: 'audio/aiff', extension: 'aiff', codec: ['-c:a', 'pcm_s16be', '-write_id3v2', '1'] },
  m4a: { content_type: 'audio/mp4', extension: 'm4a', codec: ['-c:a', 'aac', '-b:a', '128k'] },
  aac: { content_type: 'audio/aac', extension: 'aac', codec: ['-c:a', 'aac', '-b:a', '128k'] },
  opus: { content_type: 'audio/opus', extension: 'opus', codec: ['-c:a', 'libopus', '-b:a', '96k'] },
  ogg: { content_type: 'audio/ogg', extension: 'ogg', codec: ['-c:a', 'libvorbis', '-q:a', '4'] },
} as const

export type AudioFormat = keyof typeof audioFormats

export interface AudioOptions {
  readonly seconds?: number
  readonly tags?: Readonly<Record<string, string>>
}

export const defaultTags = { title: 'Low Tide', artist: 'Ada North', genre: 'Ambient' }

/** A real stereo file: a tone and some noise, encoded and tagged by ffmpeg. */
export async function makeAudio(format: AudioFormat, options: AudioOptions = {}): Promise<Buffer> {
  const { seconds = 2, tags = defaultTags } = options
  const { extension, codec } = audioFormats[format]
  const tone = `sine=frequency=330:duration=${seconds}[a]`
  const noise = `anoisesrc=duration=${seconds}:amplitude=0.2:seed=7[b]`
  const metadata = Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`])
  return encodeSound(extension, [
    ...['-filter_complex', `${tone};${noise};[a][b]amix=inputs=2`, '-ar', '48000', '-ac', '2'],
    ...metadata,
    ...codec,
  ])
}

/** A film with sound, in the container that songs come in too. */
export function makeVideo(): Promise<Buffer> {
  return encodeSound('mp4', [
    ...['-f', 'lavfi', '-i', 'testsrc=duration=1:size=64x64:rate=5'],
    ...['-f', 'lavfi', '-i', 'sine=frequency=330:duration=1', '-c:a', 'aac', '-pix_fmt', 'yuv420p'],
  ])
}

/** Whatever ffmpeg is told to write. */
export async function encodeSound(extension: string, options: readonly string[]): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'veza-audio-'))
  try {
    const path = join(directory, `out.${extension}`)
    await run(ffmpeg.path, ['-hide_banner', '-loglevel', 'error', ...options, path])
    return await readFile(path)
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** The first part of a file, as when a transfer was cut off. */
export const truncate = (bytes: Buffer, share = 0.5) => bytes.subarray(0, Math.floor(bytes.length * share))

export const textNamedMp3 = Buffer.from('This is a letter, not a song.\n'.repeat(200))

/** The anti-virus industry's test string, in parts so that no scanner takes this file for the real thing. */
const testString = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS', '-TEST-FILE!$H+H*'].join('')

/** The same file with the test string among its samples. */
export function eicar(file: Buffer): Buffer {
  const infected = Buffer.from(file)
  infected.write(testString, 4_096, 'latin1')
  return infected
}

/** What stands before 16-bit samples at 48 kHz. */
export function wavHeader(sampleBytes: number, channels = 2): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + sampleBytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(48_000, 24)
  header.writeUInt32LE(96_000 * channels, 28)
  header.writeUInt16LE(2 * channels, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(sampleBytes, 40)
  return header
}

/** What each of the formats is packed in. */
export const containers: Readonly<Record<AudioFormat, Container>> = {
  mp3: 'mp3',
  vbr: 'mp3',
  wav: 'wav',
  wav24: 'wav',
  flac: 'flac',
  aiff: 'aiff',
  m4a: 'mp4',
  aac: 'aac',
  opus: 'ogg',
  ogg: 'ogg',
}
