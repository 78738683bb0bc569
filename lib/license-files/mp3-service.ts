import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import { FfmpegFailed } from '../media/analysis/ffmpeg.ts'
import { ReadToAndFro, serveObject } from '../media/analysis/object-server.ts'
import { retryAt } from '../media/analysis/requests.ts'
import { encodeMp3 } from './mp3-encoder.ts'
import { beginMp3, discardKey, giveUpMp3, type Mp3Job, markMade } from './mp3-repository.ts'
import { mostMp3Tries } from './mp3-requests.ts'

export interface Mp3Dependencies {
  readonly sql: Sql
  readonly media: Pick<ObjectStore, 'getRange' | 'put'>
  readonly encode?: typeof encodeMp3
  readonly now?: () => Date
}

/** Of the quarter of an hour that its function has. */
const encodeMs = 12 * 60_000

/** Makes the MP3s that licences promise, each once. */
export function createMp3Service(dependencies: Mp3Dependencies) {
  const { sql, media, encode = encodeMp3, now = () => new Date() } = dependencies

  /** Through a file: its size is to be known before it is written, and it may be larger than the memory. */
  async function make(job: Mp3Job): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mp3-'))
    try {
      const path = join(directory, 'track.mp3')
      await encodeInto(job, path)
      const made = { ...job, object_key: job.mp3_key, ...(await describe(path)) }
      await media.put(job.mp3_key, createReadStream(path), {
        size_bytes: made.size_bytes,
        content_type: 'audio/mpeg',
      })
      const isKept = await sql.begin(async (tx) => {
        if (await markMade(tx, made, now())) return true
        await discardKey(tx, job.mp3_key, now())
        return false
      })
      const { version_id, size_bytes, tries } = made
      logger.info('An MP3 was made', { version_id, size_bytes, tries, is_kept: isKept })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

  async function encodeInto(job: Mp3Job, path: string): Promise<void> {
    await using source = await serveObject({
      size_bytes: job.size_bytes,
      getRange: (first, last) => media.getRange(job.object_key, first, last, job.object_version_id),
    })
    try {
      await encode({ ...job, url: source.url }, path, encodeMs)
    } catch (error) {
      throw source.failure() ?? error
    }
    // A reader may take an object that breaks off for one that ends.
    if (source.failure()) throw source.failure()
  }

  /** What the file itself is to blame for is given up at once, all else once it has failed often enough. */
  async function settle({ version_id, tries }: Mp3Job, error: unknown): Promise<void> {
    logger.error('An MP3 could not be made', { error, version_id, tries })
    const isUndecodable =
      error instanceof ReadToAndFro || (error instanceof FfmpegFailed && error.reason === 'error')
    if (isUndecodable || tries >= mostMp3Tries) {
      await giveUpMp3(sql, version_id, isUndecodable ? 'undecodable' : 'mp3_failed')
    }
  }

  return {
    /** Twice at the same time comes to the same as once. */
    async handle(versionId: string): Promise<void> {
      const job = await sql.begin((tx) =>
        beginMp3(tx, versionId, {
          key: `licensed/${versionId}/${randomUUID()}.mp3`,
          now: now(),
          most: mostMp3Tries,
          next: (tries) => retryAt(now(), tries),
        }),
      )
      if (!job) return logger.info('No MP3 is to be made of a version', { version_id: versionId })
      // It is tried again by the clock.
      await make(job).catch((error: unknown) => settle(job, error))
    },
  }
}

async function describe(path: string): Promise<{ sha256: string; size_bytes: number }> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return { sha256: hash.digest('hex'), size_bytes: (await stat(path)).size }
}
