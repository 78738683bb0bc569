import type { Db } from '../../db/client.ts'

export interface Rescan {
  readonly version_id: string
  /** Undefined where the definitions do not matter. */
  readonly definitions_version: string | null
}

export interface RescanLimits {
  /** What was stored after it is scanned again. */
  readonly since: Date
  /** Whatever was asked for later than this is believed to be in the queue. */
  readonly asked_after: Date
  readonly limit: number
}

/** How many were asked for within the last minute, or are believed to wait in the queue, whichever is more. */
export async function countAsked(
  db: Db,
  { minute_ago, asked_after }: { readonly minute_ago: Date; readonly asked_after: Date },
): Promise<number> {
  const [row] = await db<[{ count: number }]>`
    select greatest(
      count(*) filter (where rescan_asked_at > ${minute_ago}),
      count(*) filter (where scanned_at is null or scanned_at < rescan_asked_at)
    )::int as count
    from track_versions
    where rescan_asked_at > ${asked_after}
  `
  return row.count
}

/** Those whose objects are not yet what their rows say, and those that a moderator wants looked at. */
export function claimUnsettled(
  db: Db,
  { asked_after, limit }: RescanLimits,
  now: Date,
): PromiseLike<Rescan[]> {
  return db<Rescan[]>`
    update track_versions v
    set rescan_asked_at = ${now}
    where v.id in (
      select id from track_versions
      where removed_at is null
        and (reinstate_asked_by is not null or (withdrawn_at is not null) <> (sealed_at is not null))
        and (rescan_asked_at is null or rescan_asked_at <= ${asked_after})
      order by id
      limit ${limit}
      for no key update skip locked
    )
    returning
      v.id as version_id,
      (select version from virus_definitions order by current_since desc limit 1) as definitions_version
  `
}

/** What was let in lately and not scanned with these definitions, the newest first: most play what is new. */
export function claimStale(
  db: Db,
  definitionsVersion: string,
  { since, asked_after, limit }: RescanLimits,
  now: Date,
): PromiseLike<Rescan[]> {
  return db<Rescan[]>`
    update track_versions v
    set rescan_asked_at = ${now}
    where v.id in (
      select id from track_versions
      where removed_at is null and withdrawn_at is null and stored_at > ${since}
        and object_version_id is not null and definitions_version is distinct from ${definitionsVersion}
        and (rescan_asked_at is null or rescan_asked_at <= ${asked_after})
      order by stored_at desc
      limit ${limit}
      for no key update skip locked
    )
    returning v.id as version_id, ${definitionsVersion} as definitions_version
  `
}

/** Whether anything is left that was not scanned with these, asked for or not. */
export async function hasStale(db: Db, definitionsVersion: string, since: Date): Promise<boolean> {
  const rows = await db`
    select from track_versions
    where removed_at is null and withdrawn_at is null and stored_at > ${since}
      and object_version_id is not null and definitions_version is distinct from ${definitionsVersion}
    limit 1
  `
  return rows.length > 0
}

export interface ScannedVersion {
  readonly id: string
  readonly track_id: string
  readonly object_key: string
  readonly object_version_id: string
  readonly definitions_version: string | null
  readonly withdrawn_at: Date | null
  readonly sealed_at: Date | null
  readonly reinstate_asked_by: string | null
}

/** A version whose file is there. What was stored before the versions of objects were on record is left alone. */
export async function findScanned(db: Db, versionId: string): Promise<ScannedVersion | undefined> {
  const [row] = await db<[ScannedVersion?]>`
    select
      id, track_id, object_key, object_version_id, definitions_version, withdrawn_at, sealed_at,
      reinstate_asked_by
    from track_versions
    where id = ${versionId} and stored_at is not null and object_version_id is not null and removed_at is null
  `
  return row
}

/** Found clean once more, unless somebody else has found something meanwhile. */
export async function markScanned(
  db: Db,
  versionId: string,
  definitionsVersion: string,
  now: Date,
): Promise<void> {
  await db`
    update track_versions
    set definitions_version = ${definitionsVersion}, scanned_at = ${now}
    where id = ${versionId} and withdrawn_at is null
  `
}

/** Its object can be read by nobody, or again by those who may. False where the row says otherwise by now. */
export async function markSealed(
  db: Db,
  versionId: string,
  { isSealed, at }: { readonly isSealed: boolean; readonly at: Date },
): Promise<boolean> {
  const { count } = await db`
    update track_versions
    set sealed_at = ${isSealed ? at : null}
    where id = ${versionId} and (withdrawn_at is not null) = ${isSealed}
  `
  return count === 1
}
