import type { Db, Fragment } from '../../db/client.ts'

/** Notes down what is about to be written. False where the version is gone. */
export async function noteFiles(db: Db, versionId: string, keys: readonly string[]): Promise<boolean> {
  const { count } = await db`
    insert into version_files (object_key, version_id)
    select key, v.id
    from unnest(${keys}::text[]) key, track_versions v
    where v.id = ${versionId} and v.removed_at is null and v.withdrawn_at is null
  `
  return count > 0
}

/** Whether it is still noted down: nobody has given it up meanwhile. */
export async function isNoted(db: Db, key: string): Promise<boolean> {
  const rows = await db`select from version_files where object_key = ${key}`
  return rows.length > 0
}

/** Gives up what no row names any more of the files of a version: what was replaced, or never finished. */
export async function discardUnnamed(db: Db, versionId: string, now: Date): Promise<void> {
  await discard(
    db,
    db`
      version_id = ${versionId}
      and object_key not in (
        select 'waveforms/' || v.id || '/' || v.waveform_sha256 || '.json'
        from track_versions v where v.id = ${versionId} and v.waveform_sha256 is not null
        union all select a.detail_key from track_analyses a
        where a.version_id = ${versionId} and a.detail_key is not null
        union all select p.object_key from track_previews p where p.version_id = ${versionId}
      )
    `,
    now,
  )
}

export async function discard(db: Db, which: Fragment, now: Date): Promise<void> {
  await db`
    with given_up as (delete from version_files where ${which} returning object_key)
    insert into discarded_objects (object_key, discarded_at)
    select object_key, ${now} from given_up
    on conflict do nothing
  `
}
