import { randomFillSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AudioFile, type Client, expectStatus, type Json, putFile } from '../../infra/local/client.ts'
import { wavHeader } from './audio.ts'

export interface BurstOptions {
  readonly client: Client
  readonly uploads: number
  /** By whom the files are sent; one may have 5 under way, and write 120 times a minute. */
  readonly people?: number
  /** How many are sent at the same time. */
  readonly concurrency?: number
  readonly fileOf?: (index: number) => AudioFile
  /** How long one upload is waited for once all before it have come to rest. */
  readonly patienceMs?: number
}

export interface Burst {
  readonly uploads: number
  readonly ready: number
  /** What the others came to, such as `rejected (infected)`. */
  readonly others: readonly string[]
  /** From the first request until the last upload had come to rest. */
  readonly duration_ms: number
  readonly sending_ms: number
  readonly per_second: number
  /** From the last byte of a file until its track plays. */
  readonly p50_ms: number
  readonly slowest_ms: number
  /** The longest time in which no upload came to rest, from the first one on that did. */
  readonly longest_pause_ms: number
}

interface Sent {
  readonly path: string
  readonly token: string
  readonly at: number
}

interface Rested {
  readonly outcome: string
  readonly sent: number
  readonly at: number
}

/** Sends many small files at once through the front door, and tells how they come through the pipeline. */
export async function runBurst(options: BurstOptions): Promise<Burst> {
  const { client, uploads, concurrency = 16 } = options
  const { people = Math.ceil(Math.max(uploads / 20, concurrency / 4)) } = options
  const { fileOf = smallFile, patienceMs = 60_000 } = options
  const tokens = await inParallel(4, indices(people), async () => (await client.join('burst')).token)
  const began = Date.now()
  const sent = await inParallel(concurrency, indices(uploads), (index, lane) =>
    send(client, tokens[lane % people]!, fileOf(index)),
  )
  const sending_ms = Date.now() - began
  const rested: Rested[] = []
  for (const upload of sent) rested.push(await follow(client, upload, patienceMs))
  return summarize(rested, { began, sending_ms })
}

async function send(client: Client, token: string, file: AudioFile): Promise<Sent> {
  const track = await client.createTrack(token, { title: file.name })
  const grant = await client.requestUpload(token, track.id, file)
  const { status, body } = await putFile(grant, file.bytes)
  if (status !== 200) throw new Error(`The bucket answered ${status}: ${body}`)
  const at = Date.now()
  const path = `/api/v1/tracks/${track.id}/uploads/${grant.upload_id}`
  // Otherwise it counts as under way until its scan begins, which may be a while in a burst.
  await complete(client, path, token)
  return { path, token, at }
}

/** Saying it again does no harm: an answer that says that the server is overloaded is not the end of it. */
async function complete(client: Client, path: string, token: string, tries = 4): Promise<void> {
  const answer = await client.request('POST', `${path}/complete`, { token, body: { parts: [] } })
  if (answer.status < 500 || tries === 1) return void expectStatus(202, answer)
  await sleep(1_000)
  await complete(client, path, token, tries - 1)
}

/** Seldom, as one person may read so often a minute; when it came to rest stands in its timeline. */
async function follow(client: Client, { path, token, at }: Sent, patienceMs: number): Promise<Rested> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const upload = expectStatus(200, await client.request('GET', path, { token }))
    if (['ready', 'rejected', 'failed'].includes(upload.status)) return toRested(upload, at)
    if (Date.now() > deadline) return { outcome: `still ${upload.status}`, sent: at, at: Date.now() }
    await sleep(500)
  }
}

const toRested = ({ status, status_reason, timeline }: Json, sent: number): Rested => ({
  outcome: status === 'ready' ? status : `${status} (${status_reason})`,
  sent,
  at: Date.parse(timeline.at(-1).at),
})

function summarize(rested: readonly Rested[], times: { began: number; sending_ms: number }): Burst {
  const { began, sending_ms } = times
  const waits = rested.map(({ sent, at }) => Math.max(at - sent, 0)).toSorted((a, b) => a - b)
  const ends = rested.map(({ at }) => at).toSorted((a, b) => a - b)
  const pauses = ends.slice(1).map((at, index) => at - ends[index]!)
  const duration_ms = ends.at(-1)! - began
  return {
    uploads: rested.length,
    ready: rested.filter(({ outcome }) => outcome === 'ready').length,
    others: rested.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'ready'),
    duration_ms,
    sending_ms,
    per_second: rested.length / (duration_ms / 1_000),
    p50_ms: waits[Math.floor(waits.length / 2)]!,
    slowest_ms: waits.at(-1)!,
    longest_pause_ms: Math.max(0, ...pauses),
  }
}

/** Half a second of sound, no two files the same. */
export function smallFile(index: number): AudioFile {
  const samples = Buffer.alloc(96_000)
  for (let at = 0; at < samples.length; at += 2)
    samples.writeInt16LE(8_000 * Math.sin(at / (40 + (index % 60))), at)
  randomFillSync(samples, 0, 8)
  const bytes = Buffer.concat([wavHeader(samples.length), samples])
  return { name: `burst-${index}.wav`, content_type: 'audio/wav', bytes }
}

const indices = (count: number) => Array.from({ length: count }, (_, index) => index)

/** So many at a time; the answers are in the order of the questions. */
async function inParallel<T, R>(
  limit: number,
  items: readonly T[],
  work: (item: T, lane: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  const takeNext = async (lane: number) => {
    for (const [index, item] of left) results[index] = await work(item, lane)
  }
  const lanes = Math.min(limit, items.length)
  await Promise.all(Array.from({ length: lanes }, (_, lane) => takeNext(lane)))
  return results
}
