import { type Client, expectStatus, type Json, type Person, until } from '../client.ts'
import { checkHls } from '../hls.ts'
import { upload, uploadInParts } from './sending.ts'
import { makeInfected, makeMaster, makeMisnamed, makePolyglot, makeTrack } from './sounds.ts'
import { chapter, detail, done, step } from './steps.ts'
import { drawWaveText } from './wave-text.ts'

/** Half a minute of music is listened to in seconds, a busy machine given. */
const analysisPatienceMs = 60_000

/**
 * One track from the artist's disk to the listener's player, and all that is learnt of it on the way; then files that
 * must not pass.
 */
export async function demonstrateMedia(client: Client) {
  const artist = await step('Register, verify the address, sign in', () => client.join('demo'))
  chapter('A file becomes a track')
  const path = await publish(client, artist)
  await compare(client, artist, path)
  await listen(client, artist, path)
  await play(client, artist, path)
  chapter('A studio master takes its place, sent in parts')
  await replaceMaster(client, artist, path)
  chapter('What is refused')
  await refuse(client, artist, makeInfected, 'infected')
  await refuse(client, artist, makePolyglot, 'polyglot')
  await refuse(client, artist, makeMisnamed, 'content_mismatch')
  done('The track plays, its master was replaced, and nothing harmful came through.')
  detail(`See the same in a browser: ${client.platform.demo_url}`)
}

async function publish(client: Client, { token }: Person): Promise<string> {
  const file = await step('Make half a minute of music, a tagged FLAC', makeTrack)
  const fields = { title: 'Night Drive', genre: 'synthwave', bpm: 118 }
  const track = await step('Create the track', () => client.createTrack(token, fields))
  const { status, status_reason } = await upload(client, token, track.id, file)
  if (status !== 'ready') throw new Error(`The upload ended as ${status}: ${status_reason}`)
  return `/api/v1/tracks/${track.id}`
}

/** What the artist says, and what the file says. */
async function compare(client: Client, { token }: Person, path: string): Promise<void> {
  const track = await step('Read what was found in the bytes', async () =>
    expectStatus(200, await client.request('GET', path, { token })),
  )
  const { detected } = track
  detail(
    `${track.codec}, ${track.sample_rate_hz} Hz, ${track.channels} channels, ${seconds(track.duration_ms)}, ` +
      `${Math.round(track.bitrate_bps / 1_000)} kbit/s`,
  )
  detail(`${''.padEnd(8)}${'you say'.padEnd(16)}${'the file says'.padEnd(16)}`)
  for (const [name, said] of [
    ['title', track.title],
    ['artist', null],
    ['genre', track.genre],
    ['album', null],
  ] as const) {
    const found = detected[name] ?? null
    const isOther = track.differences.some(({ field }: Json) => field === name)
    detail(
      `${name.padEnd(8)}${(said ?? '—').padEnd(16)}${(found ?? '—').padEnd(16)}${isOther ? 'differs' : ''}`,
    )
  }
}

/** Loudness, tempo, key and shape: measured beside the transcoding, and a little later. */
async function listen(client: Client, { token }: Person, path: string): Promise<void> {
  const { loudness, detected, bpm, differences } = await step('Listen: loudness, tempo, key, waveform', () =>
    until(
      'the analysis',
      async () => {
        const track = expectStatus(200, await client.request('GET', path, { token }))
        return track.loudness && track.waveform_url ? track : undefined
      },
      analysisPatienceMs,
    ),
  )
  detail(
    `${loudness.integrated_lufs} LUFS, true peak ${loudness.true_peak_dbtp} dBTP, range ${loudness.range_lu} LU`,
  )
  const isOther = differences.some(({ field }: Json) => field === 'bpm')
  const tempo = Math.round(detected.bpm * 10) / 10
  detail(`${tempo} BPM${sure(detected.bpm_confidence)}${isOther ? `; you say ${bpm}: differs` : ''}`)
  detail(`key ${detected.musical_key}${sure(detected.musical_key_confidence)}`)
  const waveform = expectStatus(200, await client.request('GET', `${path}/waveform`))
  for (const row of drawWaveText(waveform, { columns: 76, rows: 4 })) detail(row)
}

async function play(client: Client, { token }: Person, path: string): Promise<void> {
  const stream = await step('Ask for the stream', async () =>
    expectStatus(200, await client.request('GET', `${path}/stream`)),
  )
  const hls = await step('Fetch the manifest and every segment', () => checkHls(stream.manifest_url))
  detail(`${hls.variants} renditions, ${hls.segments} segments, ${hls.seconds.toFixed(1)} s to play`)

  const preview = await step('Ask for the preview', async () =>
    expectStatus(200, await client.request('GET', `${path}/preview`)),
  )
  const clip = await (await fetch(preview.url)).arrayBuffer()
  detail(
    `${seconds(preview.duration_ms)} from ${seconds(preview.start_ms)} on, ${Math.ceil(clip.byteLength / 1024)} KiB`,
  )
  await download(client, token, path)
}

/** The end of the file alone, as a browser asks that goes on with a broken download. */
async function download(client: Client, token: string, path: string): Promise<void> {
  const link = await step('Ask for the original', async () =>
    expectStatus(200, await client.request('GET', `${path}/download`, { token })),
  )
  const range = `bytes=${link.size_bytes - 1_000}-`
  const answer = await step('Fetch its last 1 000 bytes', () => fetch(link.url, { headers: { range } }))
  if (answer.status !== 206) throw new Error(`The range was answered with ${answer.status}`)
  await answer.arrayBuffer()
  detail(`206, ${answer.headers.get('content-range')}`)
  detail(`saved as ${link.filename}`)
}

async function replaceMaster(client: Client, { token }: Person, path: string): Promise<void> {
  const file = await step('Export it at 192 kHz in 32 bits', makeMaster)
  const trackId = path.split('/').at(-1)!
  const { status, status_reason } = await uploadInParts({ client, token, trackId, file }, 3)
  if (status !== 'ready') throw new Error(`The master ended as ${status}: ${status_reason}`)
  const { version, sample_rate_hz } = expectStatus(200, await client.request('GET', path))
  detail(`the track plays version ${version.number} now, of ${sample_rate_hz} Hz`)
}

async function refuse(
  client: Client,
  { token }: Person,
  make: () => Promise<Parameters<typeof upload>[3]>,
  reason: string,
): Promise<void> {
  const file = await make()
  const track: Json = await client.createTrack(token, { title: 'Not Music', visibility: 'private' })
  const { status, status_reason } = await upload(client, token, track.id, file)
  if (status !== 'rejected' || status_reason !== reason) {
    throw new Error(`${file.name} ended as ${status}: ${status_reason}`)
  }
  const stream = await client.request('GET', `/api/v1/tracks/${track.id}/stream`, { token })
  if (stream.status !== 409) throw new Error(`A refused file was answered with ${stream.status}`)
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
const sure = (confidence: number | null) =>
  confidence === null ? '' : `, ${Math.round(confidence * 100)} % sure`
