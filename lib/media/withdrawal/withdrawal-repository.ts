import type { Db, Fragment } from '../../db/client.ts'

export interface Withdrawn {
  readonly track_id: string
  readonly upload_id: string
  readonly owner_id: string
  readonly uploaded_by: string
}

export interface Finding {
  readonly version_id: string
  readonly signature: string
  readonly definitions_version: string
}

/** Undefined where it is withdrawn already. The caller holds the lock of the track. */
export async function markWithdrawn(
  db: Db,
  { version_id, signature, definitions_version }: Finding,
  now: Date,
): Promise<Withdrawn | undefined> {
  const [row] = await db<[Withdrawn?]>`
    update track_versions v
    set withdrawn_at = ${now}, found_signature = ${signature}, definitions_version = ${definitions_version},
        scanned_at = ${now}, was_current = t.current_version_id is not distinct from v.id,
        revision = v.revision + 1
    from uploads u, tracks t
    where v.id = ${version_id} and v.withdrawn_at is null and u.id = v.upload_id and t.id = v.track_id
    returning v.track_id, v.upload_id, t.owner_id, u.created_by as uploaded_by
  `
  return row
}

/** Wherever it is; a job that works on it finds it elsewhere and goes no further. */
export async function rejectUpload(db: Db, uploadId: string, now: Date): Promise<void> {
  await db`
    with rejected as (
      update uploads
      set status = 'rejected', status_reason = 'infected', revision = revision + 1, updated_at = ${now}
      where id = ${uploadId}
      returning id, status, status_reason
    )
    insert into upload_events (upload_id, status, reason, at)
    select id, status, status_reason, ${now} from rejected
  `
}

/**
 * A track that played it plays nothing. One that never played shows what became of its newest upload, or of an older one
 * that was tried again since: then nothing else accounts for what it shows.
 */
export async function stopPlaying(db: Db, versionId: string, uploadId: string, now: Date): Promise<void> {
  await db`
    update tracks t
    set current_version_id = null, status = 'rejected', status_reason = 'infected', revision = t.revision + 1,
        updated_at = ${now}
    from track_versions v
    where v.id = ${versionId} and t.id = v.track_id
      and (
        t.current_version_id = v.id
        or t.current_version_id is null and ${isShownBy(db, db`${uploadId}::uuid`)}
      )
  `
}

/** Whether what the track `t` shows, which plays nothing, is the upload's doing. */
const isShownBy = (db: Db, uploadId: Fragment): Fragment => db`(
  not exists (select from uploads n where n.track_id = t.id and n.id > ${uploadId})
  or not exists (
    select from uploads n
    where n.track_id = t.id and n.id <> ${uploadId} and n.status = t.status
      and n.status_reason is not distinct from t.status_reason
  )
)`

/** What is under way plays once it is ready: whatever was chosen instead of it is gone. */
export async function letNextPlay(db: Db, trackId: string, now: Date): Promise<void> {
  await db`
    update uploads u
    set swaps_in = true, revision = u.revision + 1, updated_at = ${now}
    from tracks t
    where t.id = ${trackId} and t.current_version_id is null and u.track_id = t.id and not u.swaps_in
      and u.status in ('uploading', 'scanning', 'processing', 'transcoding')
  `
}

export interface Reinstated extends Withdrawn {
  readonly reinstate_asked_by: string
}

/** Undefined where nobody asked for it. The caller holds the lock of the track. */
export async function markReinstated(
  db: Db,
  versionId: string,
  definitionsVersion: string,
  now: Date,
): Promise<Reinstated | undefined> {
  const [row] = await db<[Reinstated?]>`
    update track_versions v
    set withdrawn_at = null, found_signature = null, reinstate_asked_by = null,
        definitions_version = ${definitionsVersion}, scanned_at = ${now}, revision = v.revision + 1
    from uploads u, tracks t
    where v.id = ${versionId} and v.withdrawn_at is not null and v.reinstate_asked_by is not null
      and u.id = v.upload_id and t.id = v.track_id
    returning
      v.track_id, v.upload_id, t.owner_id, u.created_by as uploaded_by,
      old.reinstate_asked_by as reinstate_asked_by
  `
  return row
}

/**
 * It stands where it stood; what had not been finished can be tried again from the step that is missing, and its track
 * says so for as long as it plays nothing. Answers whether it can be played.
 */
export async function restoreUpload(db: Db, versionId: string, now: Date): Promise<boolean> {
  const [row] = await db<[{ is_ready: boolean }?]>`
    with restored as (
      update uploads u
      set
        status = case when v.ready_at is null then 'failed' else 'ready' end,
        status_reason = case
          when v.ready_at is not null then null
          when v.stream_job_id is null then 'metadata_failed'
          else 'stream_failed'
        end,
        revision = u.revision + 1, updated_at = ${now}
      from track_versions v
      where v.id = ${versionId} and u.id = v.upload_id
      returning u.id, u.track_id, u.status, u.status_reason
    ), followed as (
      update tracks t
      set status = r.status, status_reason = r.status_reason, revision = t.revision + 1, updated_at = ${now}
      from restored r
      where t.id = r.track_id and r.status = 'failed' and t.current_version_id is null
        and ${isShownBy(db, db`r.id`)}
    ), told as (
      insert into upload_events (upload_id, status, reason, at)
      select id, status, status_reason, ${now} from restored
    )
    select status = 'ready' as is_ready from restored
  `
  return row?.is_ready === true
}

/** Only where it played before, and nothing has taken its place; answers whether it does. */
export async function playAgain(db: Db, versionId: string, now: Date): Promise<boolean> {
  const { count } = await db`
    update tracks t
    set current_version_id = v.id, status = 'ready', status_reason = null, revision = t.revision + 1,
        updated_at = ${now}
    from track_versions v
    where v.id = ${versionId} and v.was_current and v.ready_at is not null and v.removed_at is null
      and t.id = v.track_id and t.current_version_id is null
  `
  return count === 1
}

/** The case is closed, and the finding stands. */
export async function confirmFinding(
  db: Db,
  { version_id, signature, definitions_version }: Finding,
  now: Date,
) {
  const { count } = await db`
    update track_versions
    set reinstate_asked_by = null, found_signature = ${signature},
        definitions_version = ${definitions_version}, scanned_at = ${now}
    where id = ${version_id} and withdrawn_at is not null and reinstate_asked_by is not null
  `
  return count === 1
}
