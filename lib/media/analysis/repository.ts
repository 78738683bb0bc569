import type { Db } from '../../db/client.ts'
import type { Container } from '../audio-types.ts'
import type { Listening } from './listening.ts'

export interface AnalysisJob {
  readonly version_id: string
  readonly track_id: string
  readonly object_key: string
  readonly object_version_id: string | null
  readonly size_bytes: number
  readonly container: Container
  readonly channels: number
  readonly tries: number
  /** Null until it was listened to. */
  readonly analysed_at: Date | null
}

/** Has it asked for again at `due_at`, should nobody come to it before. False where that is so already. */
export async function insertAnalysis(db: Db, versionId: string, dueAt: Date): Promise<boolean> {
  const { count } = await db`
    insert into track_analyses (version_id, due_at) values (${versionId}, ${dueAt})
    on conflict (version_id) do nothing
  `
  return count === 1
}

/** One more try of what is still to be done of a version that may be listened to; undefined where nothing is. */
export async function beginTry(
  db: Db,
  versionId: string,
  { now, next, most }: { readonly now: Date; readonly next: (tries: number) => Date; readonly most: number },
): Promise<AnalysisJob | undefined> {
  const [row] = await db<[AnalysisJob?]>`
    select
      a.version_id, v.track_id, v.object_key, v.object_version_id, v.size_bytes, v.container, coalesce(v.channels, 2) as channels,
      a.tries + 1 as tries, a.analysed_at
    from track_analyses a
    join track_versions v on v.id = a.version_id
    where a.version_id = ${versionId} and a.due_at is not null and a.tries < ${most}
      and v.container is not null and v.stored_at <= ${now} and v.removed_at is null and v.withdrawn_at is null
    for update of a
  `
  if (!row) return undefined
  await db`
    update track_analyses set tries = ${row.tries}, due_at = ${next(row.tries)} where version_id = ${versionId}
  `
  return row
}

export async function giveUp(db: Db, versionId: string, failure: string): Promise<void> {
  await db`update track_analyses set due_at = null, failure = ${failure} where version_id = ${versionId}`
}

export interface Named {
  readonly waveform_sha256: string
  readonly detail_key: string
}

/** False where the version is gone, or another delivery was faster. The caller holds the lock of the track. */
export async function markAnalysed(
  db: Db,
  versionId: string,
  { loudness, tempo, key, overview, ...heard }: Listening,
  { waveform_sha256, detail_key }: Named,
  now: Date,
): Promise<boolean> {
  const found = {
    waveform_sha256,
    integrated_lufs: loudness?.integrated_lufs ?? null,
    true_peak_dbtp: loudness?.true_peak_dbtp ?? null,
    range_lu: loudness?.range_lu ?? null,
    detected_bpm: tempo?.bpm ?? null,
    detected_bpm_confidence: tempo?.confidence ?? null,
    detected_musical_key: key?.musical_key ?? null,
    detected_musical_key_confidence: key?.confidence ?? null,
  }
  const { count } = await db`
    with kept as (
      update track_analyses a
      set analysed_at = ${now}, failure = null, overview = ${db.json(overview)}, detail_key = ${detail_key},
          heard_ms = ${heard.duration_ms}, loudest_ms = ${heard.loudest_ms}
      from track_versions v
      where a.version_id = ${versionId} and a.analysed_at is null
        and v.id = a.version_id and v.removed_at is null and v.withdrawn_at is null
      returning a.version_id
    )
    update track_versions v set ${db(found)}, revision = v.revision + 1 from kept where v.id = kept.version_id
  `
  return count === 1
}

/** Nothing is left to do of it. */
export async function markDone(db: Db, versionId: string): Promise<void> {
  await db`
    update track_analyses set due_at = null, tries = 0
    where version_id = ${versionId} and analysed_at is not null
  `
}

/** Those whose time has come, put off to `next`; locked ones are somebody else's. */
export async function listDue(
  db: Db,
  { now, next, most, limit }: { now: Date; next: Date; most: number; limit: number },
): Promise<{ version_id: string }[]> {
  return db<{ version_id: string }[]>`
    update track_analyses
    set due_at = ${next}
    where version_id in (
      select version_id from track_analyses
      where due_at <= ${now} and tries < ${most}
      order by due_at
      limit ${limit}
      for update skip locked
    )
    returning version_id
  `
}

/** Whoever worked on the last try did not live to say what came of it. */
export async function giveUpSpent(db: Db, now: Date, most: number, limit: number): Promise<number> {
  const { count } = await db`
    update track_analyses
    set due_at = null, failure = 'analysis_failed'
    where version_id in (
      select version_id from track_analyses
      where due_at <= ${now} and tries >= ${most}
      limit ${limit}
      for update skip locked
    )
  `
  return count
}

/** Versions of the last days that nobody asked an analysis for: the code before this one let them in. */
export async function adoptVersions(
  db: Db,
  { since, dueAt, limit }: { readonly since: Date; readonly dueAt: Date; readonly limit: number },
): Promise<number> {
  const { count } = await db`
    insert into track_analyses (version_id, due_at)
    select v.id, ${dueAt}
    from track_versions v
    where v.stored_at > ${since} and v.removed_at is null and v.withdrawn_at is null and v.container is not null
      and not exists (select from track_analyses a where a.version_id = v.id)
    limit ${limit}
    on conflict do nothing
  `
  return count
}
