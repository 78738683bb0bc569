import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { AppError, problems } from '../../lib/errors.ts'
import type { Chance } from '../bench/catalogue/chance.ts'
import type { MemoryStore } from './memory-storage.ts'

/** What all lanes of a storm have in common: the buckets, the queues, and who is there. */
export interface MediaStage {
  readonly people: readonly Actor[]
  readonly moderator: Actor
  readonly uploads: MemoryStore
  readonly media: MemoryStore
  /** Messages that were sent; any may come again, at any time and in any order. */
  readonly scanQueue: unknown[]
  readonly metadataQueue: unknown[]
  /** One that is good, and one that is none. */
  readonly files: readonly Buffer[]
  readonly size_bytes: number
}

export interface Lane extends MediaStage {
  readonly sql: Sql
  readonly chance: Chance
}

export const done = { status: 204, text: '' }
export const idle = { status: 404, text: '' }

/** What a store says of an object that is gone by now; the queue tries it again. */
const isOfStore = (error: unknown) =>
  error instanceof Error &&
  (error.name === 'SourceUnavailable' || /^(AccessDenied|PreconditionFailed)/.test(error.message))

/** As a queue would take it: a failure of the store is tried again, any other is one too many. */
export async function tried(work: Promise<unknown>) {
  try {
    await work
    return done
  } catch (error) {
    const status = error instanceof AppError ? problems[error.code][0] : isOfStore(error) ? 409 : 500
    return { status, text: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

export interface UploadIds {
  readonly track_id: string
  readonly upload_id: string
  readonly object_key: string
  readonly status: string
}

export interface VersionIds {
  readonly track_id: string
  readonly version_id: string
  readonly job_id: string | null
}

const idsOf = (people: readonly Actor[]) => people.map(({ id }) => id)

/** Rows to choose from, the newest first: most of what happens is about what is new. */
export const readers = ({ sql, chance, people }: Lane) => ({
  async track() {
    const rows = await sql<
      { id: string }[]
    >`select id from tracks where purged_at is null and owner_id = any(${idsOf(people)}::uuid[]) order by id desc limit 4`
    return rows.length === 0 ? undefined : chance.pick(rows).id
  },
  async upload() {
    const rows = await sql<UploadIds[]>`
      select track_id, id as upload_id, object_key, status from uploads
      where created_by = any(${idsOf(people)}::uuid[]) order by id desc limit 8
    `
    return rows.length === 0 ? undefined : chance.pick(rows)
  },
  async version() {
    const rows = await sql<VersionIds[]>`
      select v.track_id, v.id as version_id, v.stream_job_id as job_id
      from track_versions v join tracks t on t.id = v.track_id
      where t.owner_id = any(${idsOf(people)}::uuid[]) order by v.id desc limit 8
    `
    return rows.length === 0 ? undefined : chance.pick(rows)
  },
})
