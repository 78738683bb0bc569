import type { Db } from '../db/client.ts'
import { isVisible, trackTables } from '../tracks/visibility.ts'
import type { UpdatePreferences } from './preferences.ts'
import type { MutedTrack } from './schemas.ts'

interface Choices {
  readonly choices: UpdatePreferences
  readonly revision: number
}

export async function findChoices(db: Db, userId: string): Promise<Choices | undefined> {
  const [row] = await db<[Choices?]>`
    select choices, revision from notification_preferences where user_id = ${userId}
  `
  return row
}

/** Made if need be, so that there is a row to wait for. */
export async function lockChoices(db: Db, userId: string): Promise<Choices> {
  const [row] = await db<[Choices]>`
    insert into notification_preferences (user_id, revision) values (${userId}, 0)
    on conflict (user_id) do update set user_id = excluded.user_id
    returning choices, revision
  `
  return row
}

export async function updateChoices(db: Db, userId: string, choices: UpdatePreferences): Promise<Choices> {
  const [row] = await db<[Choices]>`
    update notification_preferences
    set choices = ${db.json(choices)}, revision = revision + 1
    where user_id = ${userId}
    returning choices, revision
  `
  return row
}

/** False where there is no such track for the user. */
export async function muteTrack(db: Db, userId: string, trackId: string, now: Date): Promise<boolean> {
  const viewer = { id: userId }
  const rows = await db`
    with found as (
      select t.id from ${trackTables(db, viewer)} where t.id = ${trackId} and ${isVisible(db, viewer)}
    ), muted as (
      insert into notification_muted_tracks (user_id, track_id, created_at)
      select ${userId}, id, ${now} from found
      on conflict do nothing
    )
    select id from found
  `
  return rows.length > 0
}

export async function unmuteTrack(db: Db, userId: string, trackId: string): Promise<void> {
  await db`delete from notification_muted_tracks where user_id = ${userId} and track_id = ${trackId}`
}

type MutedTrackRow = MutedTrack & { readonly id: string }

/** Those that the user may still see. */
export function listMutedTracks(db: Db, userId: string, before: string | undefined, limit: number) {
  const viewer = { id: userId }
  return db<MutedTrackRow[]>`
    select m.id, json_build_object('id', t.id, 'title', t.title) as track, m.created_at as muted_at
    from notification_muted_tracks m
    join (${trackTables(db, viewer)}) on t.id = m.track_id
    where m.user_id = ${userId} and ${isVisible(db, viewer)}
      ${before === undefined ? db`` : db`and m.id < ${before}`}
    order by m.id desc
    limit ${limit}
  `
}
