import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ObjectStore } from '../../aws/object-store.ts'
import type { Sql } from '../../db/client.ts'
import { logger } from '../../logger.ts'
import { waveformKey } from '../delivery/waveform-url.ts'
import { lockTrack } from '../repository.ts'
import { FfmpegFailed } from './ffmpeg.ts'
import { discardUnnamed, isNoted, noteFiles } from './files-repository.ts'
import { type Listening, listenTo, PieceTooLong } from './listening.ts'
import { type ObjectServer, ReadToAndFro, serveObject } from './object-server.ts'
import { makeClip } from './preview-clip.ts'
import { type Clip, findPreviewState, putPreview } from './previews-repository.ts'
import { type AnalysisJob, beginTry, giveUp, markAnalysed, markDone } from './repository.ts'
import { mostTries, retryAt } from './requests.ts'

export interface AnalysisDependencies {
  readonly sql: Sql
  readonly media: Pick<ObjectStore, 'getRange' | 'put'>
  readonly listen?: typeof listenTo
  readonly clip?: typeof makeClip
  readonly now?: () => Date
}

/** Of the quarter of an hour that its function has. */
const listenMs = 10 * 60_000
const clipMs = 2 * 60_000

const compress = promisify(gzip)

/** Listens to versions, and keeps what that tells; a track plays as well without it. */
export function createAnalysisService(dependencies: AnalysisDependencies) {
  const { sql, media, listen = listenTo, clip = makeClip, now = () => new Date() } = dependencies

  return {
    /** What of a version is still to be done. Twice at the same time comes to the same as once. */
    async handle(versionId: string): Promise<void> {
      const job = await sql.begin((tx) =>
        beginTry(tx, versionId, { now: now(), most: mostTries, next: (tries) => retryAt(now(), tries) }),
      )
      if (!job) return logger.info('Nothing is to be heard of a version', { version_id: versionId })
      const { object_key, object_version_id, size_bytes } = job
      await using source = await serveObject({
        size_bytes,
        getRange: (first, last) => media.getRange(object_key, first, last, object_version_id),
      })
      try {
        if (!job.analysed_at) await analyse(job, source)
        await keepPreview(job, source)
      } catch (error) {
        await settle(job, error, source.failure())
      }
    },
  }

  async function analyse(job: AnalysisJob, { url, failure }: ObjectServer) {
    const { version_id, container, channels } = job
    const heard = await listen({ url, container, channels }, listenMs)
    // A reader may take an object that breaks off for one that ends.
    if (failure()) throw failure()
    const [overview, detail] = [await pack(heard.overview), await pack(heard.detail)]
    const waveform_sha256 = nameOf(overview)
    const overview_key = waveformKey(version_id, waveform_sha256)
    const detail_key = waveformKey(version_id, nameOf(detail))
    if (!(await note(job, [overview_key, detail_key]))) return
    await Promise.all([put(overview_key, overview, json), put(detail_key, detail, json)])
    await sql.begin(async (tx) => {
      await lockTrack(tx, job.track_id)
      await markAnalysed(tx, version_id, heard, { waveform_sha256, detail_key }, now())
      await discardUnnamed(tx, version_id, now())
    })
    report(job, heard)
  }

  /** Until what was made is what is wanted; somebody may wish it otherwise meanwhile. */
  async function keepPreview(job: AnalysisJob, { url, failure }: ObjectServer) {
    const { version_id, track_id, container } = job
    for (;;) {
      const state = await sql.begin(async (tx) => {
        await lockTrack(tx, track_id)
        const present = await findPreviewState(tx, version_id)
        if (!present || isSame(present.wanted, present.made)) await markDone(tx, version_id)
        return present
      })
      if (!state || isSame(state.wanted, state.made)) return
      const bytes = await clip({ url, container, title: state.title }, state.wanted, clipMs)
      if (failure()) throw failure()
      const key = `previews/${version_id}/${nameOf(bytes)}.mp3`
      if (!(await note(job, [key]))) return
      await put(key, bytes, mp3)
      await sql.begin(async (tx) => {
        await lockTrack(tx, track_id)
        if (await isNoted(tx, key)) await putPreview(tx, version_id, state.wanted, key, now())
        await discardUnnamed(tx, version_id, now())
      })
    }
  }

  function note({ track_id, version_id }: AnalysisJob, keys: readonly string[]): Promise<boolean> {
    return sql.begin(async (tx) => {
      await lockTrack(tx, track_id)
      return noteFiles(tx, version_id, keys)
    })
  }

  function put(key: string, bytes: Buffer, about: typeof json | typeof mp3): Promise<void> {
    const headers = { ...about, size_bytes: bytes.length, cache_control: forGood }
    return media.put(key, Readable.from([bytes]), headers)
  }

  /** What the file itself is to blame for is given up at once, all else once it has failed often enough. */
  async function settle({ version_id, tries }: AnalysisJob, error: unknown, sourceFailure: unknown) {
    logger.error('A version could not be listened to', {
      error,
      source_failure: sourceFailure,
      version_id,
      tries,
    })
    const reason = faultOfFile(sourceFailure ?? error)
    if (reason || tries >= mostTries) await giveUp(sql, version_id, reason ?? 'analysis_failed')
    // What may pass with time is asked for again by the clock; what nobody foresaw is for the queue and its alarm.
    if (!sourceFailure && !(error instanceof FfmpegFailed) && !reason) throw error
  }
}

function faultOfFile(error: unknown): string | undefined {
  if (error instanceof PieceTooLong) return 'too_long'
  const isUndecodable =
    error instanceof ReadToAndFro || (error instanceof FfmpegFailed && error.reason === 'error')
  return isUndecodable ? 'undecodable' : undefined
}

const isSame = (wanted: Clip, made: Clip | null) =>
  made !== null &&
  wanted.start_ms === made.start_ms &&
  wanted.duration_ms === made.duration_ms &&
  wanted.is_tagged === made.is_tagged

const forGood = 'public, max-age=31536000, immutable'
const json = { content_type: 'application/json', content_encoding: 'gzip' } as const
const mp3 = { content_type: 'audio/mpeg' } as const

const pack = (value: unknown): Promise<Buffer> => compress(JSON.stringify(value))

/**
 * Of what is in it and of its making: one that was discarded may still be about to be removed, and must not take
 * its like with it.
 */
const nameOf = (bytes: Buffer) => createHash('sha256').update(bytes).update(randomUUID()).digest('hex')

function report({ version_id, size_bytes }: AnalysisJob, { overview, detail, ...heard }: Listening) {
  logger.info('A version was listened to', { version_id, size_bytes, ...heard, pixels: detail.length })
}
