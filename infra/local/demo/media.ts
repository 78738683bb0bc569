import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify, styleText } from 'node:util'
import ffmpeg from '@ffmpeg-installer/ffmpeg'
import { SingleBar } from 'cli-progress'
import { type AudioFile, type Client, expectStatus, type Person, putFile } from '../client.ts'
import { checkHls } from '../hls.ts'
import { detail, done, since, step } from './steps.ts'

/**
 * One real track from the artist's disk to the listener's player; then a file with a virus signature, to see it
 * refused.
 */
export async function demonstrateMedia(client: Client) {
  const artist = await step('Register, verify the address, sign in', () => client.join('demo'))
  await playTrack(client, artist)
  await refuseVirus(client, artist)
  done('The track plays, the infected file was refused.')
}

async function playTrack(client: Client, { token }: Person) {
  const file = await step('Make a tagged 30 s FLAC with ffmpeg', makeTrack)
  const track = await step('Create the track', () =>
    client.createTrack(token, { title: 'Night Drive', genre: 'synthwave' }),
  )
  const uploaded = await upload(client, token, track.id, file)
  if (uploaded.status !== 'ready')
    throw new Error(`The upload ended as ${uploaded.status}: ${uploaded.status_reason}`)

  const path = `/api/v1/tracks/${track.id}`
  const ready = await step('Read what was found in the bytes', async () =>
    expectStatus(200, await client.request('GET', path)),
  )
  detail(
    `${ready.codec}, ${ready.sample_rate_hz} Hz, ${ready.channels} channels, ${(ready.duration_ms / 1_000).toFixed(1)} s`,
  )

  const stream = await step('Ask for the stream', async () =>
    expectStatus(200, await client.request('GET', `${path}/stream`)),
  )
  const hls = await step('Fetch the manifest and every segment', () => checkHls(stream.manifest_url))
  detail(`${hls.variants} renditions, ${hls.segments} segments, ${hls.seconds.toFixed(1)} s to play`)
  detail(stream.manifest_url)
}

async function refuseVirus(client: Client, { token }: Person) {
  const file = await step('Hide the EICAR test file in a WAV', makeInfected)
  const track = await step('Create another track', () => client.createTrack(token, { title: 'Not Music' }))
  const refused = await upload(client, token, track.id, file)
  if (refused.status !== 'rejected' || refused.status_reason !== 'infected') {
    throw new Error(`The infected file ended as ${refused.status}: ${refused.status_reason}`)
  }
  detail(`refused: ${refused.status_reason}`)
}

/** Takes a file through the pipeline, showing its way. */
export async function upload(client: Client, token: string, trackId: string, file: AudioFile) {
  const grant = await step('Ask where to upload', () => client.requestUpload(token, trackId, file))
  await put(grant, file.bytes)
  const started = Date.now()
  const end = await client.followUpload(token, trackId, grant.upload_id, (status) =>
    detail(`${status.padEnd(12)} ${since(started)}`),
  )
  return end
}

async function put(grant: Parameters<typeof putFile>[0], bytes: Buffer) {
  const started = Date.now()
  const bar = new SingleBar({
    format: '  {bar} {percentage}% {value}/{total} KiB',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: false,
  })
  bar.start(Math.ceil(bytes.length / 1024), 0)
  const { status, body } = await putFile(grant, bytes, (sent) => bar.update(Math.ceil(sent / 1024)))
  bar.stop()
  if (status !== 200) throw new Error(`The upload was refused with ${status}: ${body}`)
  console.log(
    `${styleText('green', '✔')} Upload ${Math.ceil(bytes.length / 1024)} KiB straight to S3 ${since(started)}`,
  )
}

export async function makeTrack(): Promise<AudioFile> {
  const bytes = await makeAudio(
    'track.flac',
    ...['-f', 'lavfi', '-i', 'sine=frequency=220:duration=30', '-f', 'lavfi', '-i', 'anoisesrc=d=30:a=0.2'],
    ...['-filter_complex', 'amix=inputs=2', '-ac', '2', '-ar', '44100'],
    ...['-metadata', 'title=Night Drive', '-metadata', 'artist=Demo', '-metadata', 'genre=Synthwave'],
  )
  return { name: 'night-drive.flac', content_type: 'audio/flac', bytes }
}

async function makeInfected(): Promise<AudioFile> {
  const wav = await makeAudio('clean.wav', '-f', 'lavfi', '-i', 'sine=frequency=330:duration=2')
  // In two halves, so that no scanner takes this source for the test file.
  const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE!$H+H*'].join('')
  wav.write(eicar, 4096, 'latin1')
  return { name: 'not-music.wav', content_type: 'audio/wav', bytes: wav }
}

async function makeAudio(name: string, ...args: string[]): Promise<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'veza-demo-'))
  try {
    const file = path.join(folder, name)
    await promisify(execFile)(ffmpeg.path, ['-v', 'error', ...args, file], { timeout: 30_000 })
    return await readFile(file)
  } finally {
    await rm(folder, { recursive: true })
  }
}
