import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../aws/logger.ts'
import { type Stream, TranscodeError, transcode } from './transcode.ts'

export interface StreamJob {
  readonly job_id: string
  readonly track_id: string
  readonly version_id: string
}

/** What may go better the next time is no outcome that stays: asked again, the job is done again. */
type Outcome = { readonly ready: Stream } | { readonly failed: string; readonly is_transient: boolean }

interface StoredJob extends StreamJob {
  readonly outcome?: Outcome
  readonly reported?: boolean
}

/** Calls the API as the stream server: signed, by path. */
export type CallApi = (
  path: string,
  init?: { readonly method: string; readonly body: string },
) => Promise<Response>

const CALLBACK_DELAYS_MS = [250, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000]

/**
 * Jobs, one at a time, each in a file until its outcome has been reported: a platform that is stopped in the
 * middle goes on where it was.
 */
export function createStreamJobs(options: {
  readonly directory: string
  readonly media: string
  readonly callApi: CallApi
  readonly logger: Logger
  readonly retryDelaysMs?: readonly number[]
}) {
  const { directory, media, callApi, logger, retryDelaysMs = CALLBACK_DELAYS_MS } = options
  const stopping = new AbortController()
  const waiting = new Set<string>()
  let turn: Promise<void> = Promise.resolve()

  const enqueue = (jobId: string) => {
    turn = turn.then(() => run(jobId)).finally(() => waiting.delete(jobId))
  }

  const run = async (jobId: string) => {
    if (stopping.signal.aborted) return
    try {
      const job = await readJob(directory, jobId)
      const outcome = job.outcome ?? (await perform(job))
      const kept = isFinal(outcome) ? { ...job, outcome } : job
      await writeJob(directory, kept)
      await report(job, outcome)
      await writeJob(directory, { ...kept, reported: true })
    } catch (error) {
      // The job stays as it is; it is taken up again when the server starts or is asked once more.
      if (!stopping.signal.aborted) logger.error(`stream job ${jobId}: ${messageOf(error)}`)
    }
  }

  const perform = async (job: StreamJob): Promise<Outcome> => {
    const source = path.join(directory, `${job.job_id}.source`)
    try {
      await fetchSource(job, source)
      return {
        ready: await transcode({ source, name: job.version_id, directory: media, signal: stopping.signal }),
      }
    } catch (error) {
      if (stopping.signal.aborted) throw error
      return { failed: messageOf(error), is_transient: !(error instanceof TranscodeError) }
    } finally {
      await rm(source, { force: true })
    }
  }

  const fetchSource = async (job: StreamJob, file: string) => {
    const response = await persist(() =>
      callApi(`/api/v1/internal/tracks/${job.track_id}/source?version_id=${job.version_id}`),
    )
    if (!response.ok) throw new TranscodeError(`the source is not to be had: ${response.status}`)
    const { url, sha256 } = (await response.json()) as { url: string; sha256: string }
    const object = await fetch(url, { signal: stopping.signal })
    if (!object.ok || !object.body) throw new Error(`the source answered ${object.status}`)
    const hash = createHash('sha256')
    const measure = new Transform({
      transform(chunk, _encoding, done) {
        hash.update(chunk)
        done(null, chunk)
      },
    })
    await pipeline(Readable.fromWeb(object.body), measure, createWriteStream(file), {
      signal: stopping.signal,
    })
    if (hash.digest('hex') !== sha256)
      throw new TranscodeError('the source is not the file it was said to be')
  }

  const report = async (job: StreamJob, outcome: Outcome) => {
    const ids = { version_id: job.version_id, job_id: job.job_id }
    const [event, body] =
      'ready' in outcome
        ? ['stream-ready', { ...ids, ...outcome.ready }]
        : ['stream-failed', { ...ids, reason: outcome.failed, is_transient: outcome.is_transient }]
    const request = { method: 'POST', body: JSON.stringify(body) }
    const response = await persist(() => callApi(`/api/v1/internal/tracks/${job.track_id}/${event}`, request))
    if (!response.ok) logger.warn(`stream job ${job.job_id}: ${event} was answered ${response.status}`)
    await response.body?.cancel()
  }

  /** Again after a failure of the line or the server; a refusal is an answer. */
  const persist = async (call: () => Promise<Response>): Promise<Response> => {
    for (const delay of retryDelaysMs) {
      const response = await call().catch((error: Error) => error)
      if (response instanceof Response && response.status < 500 && response.status !== 429) return response
      await sleep(delay, undefined, { signal: stopping.signal })
    }
    return call()
  }

  return {
    /** Takes a job; one that is known is not done twice, but a finished one reports its outcome again. */
    async accept(job: StreamJob): Promise<void> {
      if (waiting.has(job.job_id)) return
      waiting.add(job.job_id)
      try {
        const known = await readJob(directory, job.job_id).catch(() => undefined)
        await writeJob(directory, { ...job, ...(known?.outcome && { outcome: known.outcome }) })
      } catch (error) {
        waiting.delete(job.job_id)
        throw error
      }
      enqueue(job.job_id)
    },
    /** Takes up what an earlier run left. */
    async resume(): Promise<void> {
      await mkdir(media, { recursive: true })
      await mkdir(directory, { recursive: true })
      for (const file of await readdir(directory)) {
        if (!file.endsWith('.json')) continue
        const job = await readJob(directory, file.slice(0, -'.json'.length))
        if (job.reported) continue
        waiting.add(job.job_id)
        enqueue(job.job_id)
      }
    },
    async stop(): Promise<void> {
      stopping.abort()
      await turn
    },
    /** Resolves when nothing waits. */
    idle: () => turn,
  }
}

const isFinal = (outcome: Outcome) => 'ready' in outcome || !outcome.is_transient

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

async function readJob(directory: string, jobId: string): Promise<StoredJob> {
  return JSON.parse(await readFile(path.join(directory, `${jobId}.json`), 'utf8'))
}

async function writeJob(directory: string, job: StoredJob): Promise<void> {
  const file = path.join(directory, `${job.job_id}.json`)
  await writeFile(`${file}.new`, JSON.stringify(job))
  await rename(`${file}.new`, file)
}
