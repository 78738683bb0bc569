import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import ffmpeg from '@ffmpeg-installer/ffmpeg'
import type { AudioFile } from '../client.ts'
import { makeSong } from '../demo-page/song.ts'

const tags = { title: 'Night Tide', artist: 'Demo Ensemble', genre: 'Electronic', album: 'Harbour' }

/** Half a minute of music with tags, as an artist would upload it. */
export const makeTrack = (): Promise<AudioFile> =>
  encode('night-drive.flac', 'audio/flac', 2, ['-c:a', 'flac'])

/** A minute and a quarter at 192 kHz in 32 bits, large enough to be sent in parts. */
export const makeMaster = (): Promise<AudioFile> =>
  encode('night-drive-master.wav', 'audio/wav', 5, ['-ar', '192000', '-c:a', 'pcm_s32le'])

/** Not taken for a sound by whoever opens it as an archive: an empty ZIP follows the music. */
export async function makePolyglot(): Promise<AudioFile> {
  const { bytes, ...mp3 } = await encode('two-faced.mp3', 'audio/mpeg', 1, ['-c:a', 'libmp3lame'])
  const archive = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)])
  return { ...mp3, bytes: Buffer.concat([bytes, archive]) }
}

/** A FLAC that says it is an MP3. */
export async function makeMisnamed(): Promise<AudioFile> {
  const { bytes } = await encode('misnamed.flac', 'audio/flac', 1, ['-c:a', 'flac'])
  return { name: 'misnamed.mp3', content_type: 'audio/mpeg', bytes }
}

export async function makeInfected(): Promise<AudioFile> {
  const bytes = Buffer.concat(makeSong(1))
  // In two halves, so that no scanner takes this source for the test file.
  const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE!$H+H*'].join('')
  bytes.write(eicar, 4_096, 'latin1')
  return { name: 'not-music.wav', content_type: 'audio/wav', bytes }
}

async function encode(
  name: string,
  content_type: string,
  rounds: number,
  codec: readonly string[],
): Promise<AudioFile> {
  const folder = await mkdtemp(path.join(tmpdir(), 'veza-demo-'))
  try {
    const [song, file] = [path.join(folder, 'song.wav'), path.join(folder, name)]
    await writeFile(song, Buffer.concat(makeSong(rounds)))
    const metadata = Object.entries(tags).flatMap(([key, value]) => ['-metadata', `${key}=${value}`])
    const args = ['-v', 'error', '-i', song, ...metadata, ...codec, file]
    await promisify(execFile)(ffmpeg.path, args, { timeout: 30_000 })
    return { name, content_type, bytes: await readFile(file) }
  } finally {
    await rm(folder, { recursive: true })
  }
}
