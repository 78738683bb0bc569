import type { Db } from '../db/client.ts'
import type { AudioMetadata } from './metadata/metadata.ts'
import type { UploadStatus } from './repository.ts'
import type { StreamReady } from './streams/schemas.ts'

export interface NewVersion {
  readonly track_id: string
  readonly upload_id: string
  readonly sha256: string
  readonly size_bytes: number
  readonly content_type: string
  /** By which it was found clean just now. */
  readonly definitions_version: string
}

/** The newest of a track are kept however old they grow. */
const keptVersions = 20

/** The caller holds the lock of the track, so that no two versions get one number. */
export async function insertVersion(db: Db, version: NewVersion, now: Date): Promise<void> {
  await db`
    with inserted as (
      insert into track_versions (
        id, track_id, upload_id, number, label, object_key, sha256, size_bytes, content_type,
        definitions_version, scanned_at, created_at
      )
      select
        v.id, ${version.track_id}, ${version.upload_id},
        (select coalesce(max(number), 0) + 1 from track_versions where track_id = ${version.track_id}),
        (select label from uploads where id = ${version.upload_id}),
        'originals/' || v.id || '/' || ${version.sha256}::text, ${version.sha256}, ${version.size_bytes},
        ${version.content_type}, ${version.definitions_version}, ${now}, ${now}
      from (select uuidv7() as id) v
      returning track_id, number
    )
    update track_versions v
    set is_surplus = true
    from inserted i
    where v.track_id = i.track_id and v.number = i.number - ${keptVersions}
  `
}

/** False where the version is gone. */
export async function markStored(
  db: Db,
  versionId: string,
  objectVersionId: string,
  now: Date,
): Promise<boolean> {
  const { count } = await db`
    update track_versions
    set stored_at = coalesce(stored_at, ${now}), object_version_id = coalesce(object_version_id, ${objectVersionId})
    where id = ${versionId} and removed_at is null
  `
  return count === 1
}

/** Notes a copy down to be removed whose version was purged while it was made. */
export async function discardCopy(
  db: Db,
  { key, version_id }: { readonly key: string; readonly version_id: string },
  now: Date,
): Promise<void> {
  await db`
    insert into discarded_objects (object_key, object_version_id, discarded_at)
    values (${key}, ${version_id}, ${now})
    on conflict (object_key) do update set object_version_id = excluded.object_version_id
  `
}

/**
 * Gives up the file of a version that was refused: nobody can ever use it. It had been stored, or nothing could have
 * been read in it, whatever the scanner knows of that. The caller holds the lock of the track.
 */
export async function discardOriginal(
  db: Db,
  { id, object_version_id }: Pick<Version, 'id' | 'object_version_id'>,
  now: Date,
): Promise<void> {
  await db`
    with removed as (
      update track_versions
      set removed_at = ${now}, stored_at = coalesce(stored_at, ${now}),
          object_version_id = coalesce(object_version_id, ${object_version_id}), revision = revision + 1
      where id = ${id} and removed_at is null
      returning object_key, object_version_id
    )
    insert into discarded_objects (object_key, object_version_id, discarded_at)
    select object_key, object_version_id, ${now} from removed
    on conflict do nothing
  `
}

export interface Version {
  readonly id: string
  readonly track_id: string
  readonly upload_id: string
  readonly upload_status: UploadStatus
  readonly number: number
  readonly object_key: string
  /** Whoever reads the original names it; null for one that was stored before versions were kept on record. */
  readonly object_version_id: string | null
  readonly sha256: string
  readonly size_bytes: number
  readonly content_type: string
  readonly filename: string
  readonly stream_job_id: string | null
  /** Whether a newer one has become ready, though another may play. */
  readonly is_overtaken: boolean
  /** Whether it is to play once it is ready. */
  readonly swaps_in: boolean
  readonly uploaded_by: string
}

const columns = (db: Db) => db`
  v.id, v.track_id, v.upload_id, u.status as upload_status, v.number, v.object_key, v.object_version_id, v.sha256,
  v.size_bytes, v.content_type, u.filename, v.stream_job_id,
  exists (
    select from track_versions n where n.track_id = v.track_id and n.number > v.number and n.ready_at is not null
      and n.withdrawn_at is null
  ) as is_overtaken,
  u.swaps_in, u.created_by as uploaded_by
`

/** None whose file was taken away, whatever is still told of it. */
export async function findVersionByKey(db: Db, objectKey: string): Promise<Version | undefined> {
  const [row] = await db<[Version?]>`
    select ${columns(db)}
    from track_versions v
    join uploads u on u.id = v.upload_id
    where v.object_key = ${objectKey} and v.removed_at is null and v.withdrawn_at is null
  `
  return row
}

/** A version of a track that still exists, with its file; the newest one when none is named. */
export async function findVersion(
  db: Db,
  trackId: string,
  versionId: string | undefined,
): Promise<Version | undefined> {
  const [row] = await db<[Version?]>`
    select ${columns(db)}
    from track_versions v
    join uploads u on u.id = v.upload_id
    join tracks t on t.id = v.track_id
    where t.id = ${trackId} and t.deleted_at is null and v.removed_at is null and v.withdrawn_at is null
      ${versionId === undefined ? db`` : db`and v.id = ${versionId}`}
    order by v.number desc
    limit 1
  `
  return row
}

/** What was read from the bytes. */
export async function markInspected(
  db: Db,
  versionId: string,
  { embedded_tags, ...metadata }: AudioMetadata,
): Promise<void> {
  const values = { ...metadata, embedded_tags: db.json(embedded_tags) }
  await db`update track_versions set ${db(values)} where id = ${versionId}`
}

/** The version can be played from now on; what its file did not tell of the length, the stream server may. */
export async function markReady(db: Db, versionId: string, ready: StreamReady, now: Date): Promise<void> {
  await db`
    update track_versions
    set manifest_key = ${ready.manifest_key}, renditions = ${db.json(ready.renditions)}, ready_at = ${now},
        duration_ms = case
          when is_duration_estimated then coalesce(${ready.duration_ms ?? null}, duration_ms)
          else coalesce(duration_ms, ${ready.duration_ms ?? null})
        end,
        is_duration_estimated = is_duration_estimated and ${ready.duration_ms === undefined},
        revision = revision + 1
    where id = ${versionId}
  `
}

/** The version plays from now on. */
export async function markCurrent(db: Db, trackId: string, versionId: string, now: Date): Promise<void> {
  await db`
    update tracks
    set current_version_id = ${versionId}, status = 'ready', status_reason = null,
        revision = revision + 1, updated_at = ${now}
    where id = ${trackId}
  `
}
