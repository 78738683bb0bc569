import { randomFillSync } from 'node:crypto'
import {
  type AudioFile,
  type Client,
  expectStatus,
  type Json,
  putFile,
  until,
} from '../../../infra/local/client.ts'
import type { Sql } from '../../../lib/db/client.ts'
import { makeAudio } from '../../support/audio.ts'
import type { Tell } from '../progress.ts'
import { median } from '../table.ts'
import { mebibyte, pretty, type Section } from './section.ts'

/** As long as makes 5 MiB of 192 kbit/s. */
const seconds = 218
const rounds = 5
const patienceMs = 120_000

/** Its front door, and its database for what no route tells. */
export interface Platform {
  readonly client: Client
  readonly sql: Sql
}

export const readySteps = rounds

const steps = ['sending', 'waiting for the scan', 'scan', 'metadata', 'stream'] as const

/** In ms from the first byte of the PUT on. */
interface Way {
  readonly steps: Readonly<Record<(typeof steps)[number], number>>
  readonly ready: number
  /** When a track tells its loudness and waveform, which it does once it plays. */
  readonly heard: number
  /** How long it was listened to, and waited for that. */
  readonly analysis: number
}

/** The time of one file at a time through the running platform, by the timeline that its uploader reads. */
export async function measureReady(platform: Platform, tell: Tell): Promise<Section> {
  const song = await makeAudio('mp3', { seconds })
  const ways: Way[] = []
  for (let round = 0; round < rounds; round++) {
    const { token } = await platform.client.join('bench')
    ways.push(await follow(platform, token, unlike(song)))
    tell(1)
  }
  return toSection(song.length, ways)
}

/** No file is known from before. */
function unlike(song: Buffer): AudioFile {
  const bytes = randomFillSync(Buffer.from(song), song.length - 1_000, 16)
  return { name: 'song.mp3', content_type: 'audio/mpeg', bytes }
}

async function follow({ client, sql }: Platform, token: string, file: AudioFile): Promise<Way> {
  const track = await client.createTrack(token)
  const grant = await client.requestUpload(token, track.id, file)
  const began = Date.now()
  const { status, body } = await putFile(grant, file.bytes)
  if (status !== 200) throw new Error(`The bucket answered ${status}: ${body}`)
  const sent = Date.now()
  const [upload, heard] = await Promise.all([
    waitForRest(client, token, `/api/v1/tracks/${track.id}/uploads/${grant.upload_id}`),
    waitUntilHeard(client, token, `/api/v1/tracks/${track.id}`),
  ])
  if (upload.status !== 'ready')
    throw new Error(`The upload ended as ${upload.status} (${upload.status_reason})`)
  const [scanning, processing, transcoding, ready] = ['scanning', 'processing', 'transcoding', 'ready'].map(
    (name) => Date.parse(upload.timeline.findLast(({ status }: Json) => status === name).at),
  ) as [number, number, number, number]
  return {
    steps: {
      sending: sent - began,
      'waiting for the scan': Math.max(scanning - sent, 0),
      scan: processing - Math.max(scanning, sent),
      metadata: transcoding - processing,
      stream: ready - transcoding,
    },
    ready: ready - began,
    heard: heard - began,
    analysis: (await analysedAt(sql, track.id)).getTime() - transcoding,
  }
}

async function analysedAt(sql: Sql, trackId: string): Promise<Date> {
  const [row] = await sql<{ analysed_at: Date }[]>`
    select a.analysed_at from track_analyses a join track_versions v on v.id = a.version_id
    where v.track_id = ${trackId}`
  return row!.analysed_at
}

/** By more patience than `followUpload` has: what counts is the timeline. */
const waitForRest = (client: Client, token: string, path: string): Promise<Json> =>
  until(
    'the upload to come to rest',
    async () => {
      const upload = expectStatus(200, await client.request('GET', path, { token }))
      return ['ready', 'rejected', 'failed'].includes(upload.status) ? upload : undefined
    },
    patienceMs,
  )

const waitUntilHeard = (client: Client, token: string, path: string): Promise<number> =>
  until(
    'loudness and waveform',
    async () => {
      const track = expectStatus(200, await client.request('GET', path, { token }))
      return track.loudness && track.waveform_url ? Date.now() : undefined
    },
    patienceMs,
  )

function toSection(sizeBytes: number, ways: readonly Way[]): Section {
  const medianOf = (of: (way: Way) => number) => median(ways.map(of))
  const ready = medianOf((way) => way.ready)
  const heard = medianOf((way) => way.heard)
  const row = (name: string, of: (way: Way) => number, isShare: boolean) => {
    const all = ways.map((way) => of(way) / 1_000)
    const value = medianOf(of)
    const share = isShare ? `${((100 * value) / ready).toFixed(0)} %` : ''
    return [name, pretty(value / 1_000), pretty(Math.min(...all)), pretty(Math.max(...all)), share, '']
  }
  const size = `${(sizeBytes / mebibyte).toFixed(1)} MiB`
  return {
    title: `From PUT to ready: an MP3 of ${size} through the local platform, in seconds`,
    head: ['Step', 'median', 'least', 'most', 'of all', ''],
    rows: [
      ...steps.map((name) => row(name, (way) => way.steps[name], true)),
      row('all, until it plays', (way) => way.ready, false),
      row('analysis, beside the stream', (way) => way.analysis, false),
      row('until loudness and waveform are there', (way) => way.heard, false),
    ],
    notes: [
      `${rounds} files, one after the other, no two the same, from the first byte of the PUT on; the steps are those of the upload's timeline. The local stream server transcodes with ffmpeg on the same cores as all else, and beside it the analysis listens.`,
    ],
    summary: [
      [
        'from PUT to `ready`, an MP3 of 5 MiB through the local platform; to loudness and waveform',
        `${pretty(ready / 1_000)} s; ${pretty(heard / 1_000)} s`,
        '',
      ],
    ],
  }
}
