import type { Db } from '../db/client.ts'
import type { Container } from '../media/audio-types.ts'
import { artistOf } from '../tracks/artist.ts'

export interface Mp3Job {
  readonly version_id: string
  readonly object_key: string
  readonly object_version_id: string | null
  readonly size_bytes: number
  readonly container: Container
  readonly channels: number
  readonly sample_rate_hz: number
  readonly title: string
  readonly artist: string
  readonly tries: number
  /** Where this try is to write. */
  readonly mp3_key: string
}

/** Of these versions, those that nobody asked for yet. What is an MP3 already is delivered as it is. */
export async function insertMp3s(
  db: Db,
  versionIds: readonly string[],
  dueAt: Date,
): Promise<{ version_id: string }[]> {
  return db<{ version_id: string }[]>`
    insert into version_mp3s (version_id, due_at)
    select v.id, ${dueAt} from track_versions v
    where v.id = any(${versionIds}::uuid[]) and v.container <> 'mp3'
    order by v.id
    on conflict (version_id) do nothing
    returning version_id
  `
}

/** One more try; undefined where nothing is to be made, or cannot be. Gives up what the last try may have written. */
export async function beginMp3(
  db: Db,
  versionId: string,
  { key, now, next, most }: { key: string; now: Date; next: (tries: number) => Date; most: number },
): Promise<Mp3Job | undefined> {
  const [row] = await db<[(Omit<Mp3Job, 'mp3_key'> & { readonly last_key: string | null })?]>`
    select
      m.version_id, v.object_key, v.object_version_id, v.size_bytes, v.container, coalesce(v.channels, 2) as channels,
      coalesce(v.sample_rate_hz, 44100) as sample_rate_hz, t.title, ${artistOf(db)} as artist, m.tries + 1 as tries,
      m.object_key as last_key
    from version_mp3s m
    join track_versions v on v.id = m.version_id
    join tracks t on t.id = v.track_id
    join users o on o.id = t.owner_id
    where m.version_id = ${versionId} and m.due_at is not null and m.tries < ${most}
      and v.stored_at <= ${now} and v.removed_at is null and v.withdrawn_at is null
    for update of m
  `
  if (!row) return undefined
  const { last_key, ...job } = row
  await db`
    update version_mp3s set tries = ${row.tries}, due_at = ${next(row.tries)}, object_key = ${key}
    where version_id = ${versionId}
  `
  if (last_key) await discardKey(db, last_key, now)
  return { ...job, mp3_key: key }
}

export async function discardKey(db: Db, key: string, now: Date): Promise<void> {
  await db`
    insert into discarded_objects (object_key, discarded_at) values (${key}, ${now}) on conflict do nothing
  `
}

export interface MadeMp3 {
  readonly version_id: string
  readonly object_key: string
  readonly sha256: string
  readonly size_bytes: number
}

/** False where a later try is under way, or the version is gone. Licences that waited for it name its hash from now on. */
export async function markMade(db: Db, made: MadeMp3, now: Date): Promise<boolean> {
  const { version_id, object_key, sha256, size_bytes } = made
  const { count } = await db`
    update version_mp3s
    set sha256 = ${sha256}, size_bytes = ${size_bytes}, made_at = ${now}, due_at = null, tries = 0, failure = null
    where version_id = ${version_id} and object_key = ${object_key} and made_at is null
  `
  if (count === 0) return false
  await db`
    update license_files set sha256 = ${sha256}
    where version_id = ${version_id} and format = 'mp3' and sha256 is null
  `
  return true
}

export async function giveUpMp3(db: Db, versionId: string, failure: string): Promise<void> {
  await db`
    update version_mp3s set due_at = null, failure = ${failure} where version_id = ${versionId} and made_at is null
  `
}

/** Those whose time has come, put off to `next`; of a version that is withdrawn none is made. */
export async function listDueMp3s(
  db: Db,
  { now, next, most, limit }: { now: Date; next: Date; most: number; limit: number },
): Promise<{ version_id: string }[]> {
  return db<{ version_id: string }[]>`
    update version_mp3s
    set due_at = ${next}
    where version_id in (
      select m.version_id
      from version_mp3s m
      join track_versions v on v.id = m.version_id
      where m.due_at <= ${now} and m.tries < ${most} and v.withdrawn_at is null and v.removed_at is null
      order by m.due_at
      limit ${limit}
      for update of m skip locked
    )
    returning version_id
  `
}

/** Whoever worked on the last try did not live to say what came of it. */
export async function giveUpSpentMp3s(db: Db, now: Date, most: number, limit: number): Promise<number> {
  const { count } = await db`
    update version_mp3s
    set due_at = null, failure = 'mp3_failed'
    where version_id in (
      select version_id from version_mp3s
      where due_at <= ${now} and tries >= ${most}
      limit ${limit}
      for update skip locked
    )
  `
  return count
}

/** Of versions whose files are given up. */
export async function discardMp3sOf(db: Db, versionIds: readonly string[], now: Date): Promise<void> {
  await db`
    with gone as (
      delete from version_mp3s where version_id = any(${versionIds}::uuid[]) returning object_key
    )
    insert into discarded_objects (object_key, discarded_at)
    select object_key, ${now} from gone where object_key is not null
    on conflict do nothing
  `
}
