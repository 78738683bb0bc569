import { uncount } from '../counts/counts.ts'
import type { Db } from '../db/client.ts'
import { isHeld, isLicensed } from '../license-files/holding.ts'

/** A track that is over its time, locked; none that somebody else is at, or that has parts of a file in the bucket. */
export async function lockDueTrack(db: Db, now: Date): Promise<string | undefined> {
  const [row] = await db<[{ id: string }?]>`
    select id from tracks
    where purges_at <= ${now} and deleted_at is not null and purged_at is null
      and not exists (select from uploads u where u.track_id = tracks.id and u.multipart_id is not null)
    order by purges_at
    limit 1
    for update skip locked
  `
  return row?.id
}

/**
 * Notes the files of a track down, and what was made of them, to be removed once nothing names them any more. What
 * buyers may still download stays.
 */
export async function discardOriginals(db: Db, trackId: string, now: Date): Promise<void> {
  await db`
    insert into discarded_objects (object_key, object_version_id, discarded_at)
    select object_key, object_version_id, ${now}::timestamptz from track_versions v
    where v.track_id = ${trackId} and not ${isHeld(db, now)}
    union all
    select f.object_key, null, ${now} from version_files f join track_versions v on v.id = f.version_id
    where v.track_id = ${trackId}
    on conflict do nothing
  `
}

/** What belongs to nobody but the track. What others hang on it hides behind its tombstone. */
export async function deleteBelongings(db: Db, trackId: string): Promise<void> {
  await db`delete from counts c using track_shares s where s.track_id = ${trackId} and c.subject_id = s.id`
  await db`delete from track_shares where track_id = ${trackId}`
  const likes = db`delete from track_likes where track_id = ${trackId} returning track_id as subject_id`
  await uncount(db, 'like_count', likes)
  const reposts = db`delete from reposts where track_id = ${trackId} returning track_id as subject_id`
  await uncount(db, 'repost_count', reposts)
  await db`delete from track_collaborators where track_id = ${trackId}`
  await db`delete from listening_history where track_id = ${trackId}`
  await db`delete from play_windows where track_id = ${trackId}`
  await db`update tracks set current_version_id = null where id = ${trackId}`
  await db`delete from track_versions v where v.track_id = ${trackId} and not ${isLicensed(db)}`
  await db`
    delete from uploads u
    where u.track_id = ${trackId} and not exists (select from track_versions v where v.upload_id = u.id)
  `
}

/** Versions whose files go: nobody may still download them. */
export async function listUnheld(db: Db, trackId: string, now: Date): Promise<string[]> {
  const versions = await db<{ id: string }[]>`
    select v.id from track_versions v where v.track_id = ${trackId} and not ${isHeld(db, now)}
  `
  return versions.map(({ id }) => id)
}

/** What licences name stays on record; its file too, for as long as a buyer may download it, then it is surplus. */
export async function keepLicensed(db: Db, trackId: string, now: Date): Promise<string[]> {
  const versions = await db<{ id: string }[]>`
    with kept as (
      update track_versions v
      set is_surplus = true, label = null, embedded_tags = '{}',
          removed_at = case when ${isHeld(db, now)} then v.removed_at else coalesce(v.removed_at, ${now}) end,
          revision = v.revision + 1
      where v.track_id = ${trackId} and ${isLicensed(db)}
      returning v.id, v.upload_id
    ), unnamed as (
      update uploads u set filename = 'deleted', label = null from kept where u.id = kept.upload_id
    )
    select id from kept
  `
  return versions.map(({ id }) => id)
}

/** What is left where others point to the track. */
export async function buryTrack(db: Db, trackId: string, now: Date): Promise<void> {
  await db`
    update tracks
    set title = 'Deleted track', description = '', artists = '[]', genre = null, mood = null, tags = '{}',
      bpm = null, musical_key = null, isrc = null, iswc = null, language = null, p_line = null, c_line = null,
      lyrics = null, release_at = null, visibility = 'private', rights_confirmed_ip = null, status = 'draft',
      status_reason = null, artwork_sha256 = null, purged_at = ${now}, updated_at = ${now},
      revision = revision + 1
    where id = ${trackId}
  `
}

/** Takes the tombstone away that nobody would read. What refers to it and may not lose it fails the statement. */
export async function deleteUnreferenced(db: Db, trackId: string): Promise<void> {
  await db`
    with gone as (
      delete from tracks t
      where t.id = ${trackId}
        and not exists (select from comments c where c.track_id = t.id)
        and not exists (select from split_sheets s where s.track_id = t.id)
      returning id
    ), unfolded as (
      delete from count_deltas d using gone where d.subject_id = gone.id
    )
    delete from counts c using gone where c.subject_id = gone.id
  `
}

export interface DiscardedObject {
  readonly id: number
  readonly object_key: string
  readonly object_version_id: string | null
}

export async function listDiscarded(db: Db, limit: number): Promise<DiscardedObject[]> {
  return db<DiscardedObject[]>`
    select id, object_key, object_version_id from discarded_objects order by id limit ${limit}
  `
}

/** Of one that meanwhile is to be removed in another version, that is still to be done. */
export async function deleteDiscarded(db: Db, objects: readonly DiscardedObject[]): Promise<void> {
  await db`
    delete from discarded_objects d
    using unnest(
      ${objects.map(({ id }) => id)}::bigint[],
      ${objects.map(({ object_version_id }) => object_version_id)}::text[]
    ) as gone (id, object_version_id)
    where d.id = gone.id and d.object_version_id is not distinct from gone.object_version_id
  `
}
