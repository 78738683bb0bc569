import type { Db, Fragment } from '../db/client.ts'
import { isOlder, toMicros } from '../db/micros.ts'
import { type TrackRow, trackColumns, tracksWithCounts } from './columns.ts'
import { isListed, type Viewer } from './visibility.ts'

/** The last row that was seen, and when it was published, in microseconds. */
export interface NewestPlace {
  readonly at: number
  readonly id: string
}

export type PlacedTrackRow = TrackRow & NewestPlace

/** What anybody may find, newest first; of one artist where one is given. */
export async function listNewest(
  db: Db,
  viewer: Viewer,
  artist: string | undefined,
  after: NewestPlace | undefined,
  limit: number,
): Promise<PlacedTrackRow[]> {
  const isOfArtist: Fragment =
    artist === undefined ? db`` : db`and t.owner_id = (select id from users where username = ${artist})`
  return db<PlacedTrackRow[]>`
    select ${trackColumns(db, viewer)}, ${toMicros(db, db`t.published_at`)} as at
    from ${tracksWithCounts(db, viewer)}
    where ${isListed(db, viewer)} ${isOfArtist}
      ${after ? db`and ${isOlder(db, { at: db`t.published_at`, id: db`t.id` }, after)}` : db``}
    order by t.published_at desc, t.id desc
    limit ${limit}
  `
}

/** All of one's own, in any state, the last one made first. */
export async function listOwn(
  db: Db,
  viewer: Viewer & { readonly id: string },
  before: string | undefined,
  limit: number,
): Promise<TrackRow[]> {
  return db<TrackRow[]>`
    select ${trackColumns(db, viewer)}
    from ${tracksWithCounts(db, viewer)}
    where t.owner_id = ${viewer.id} and t.deleted_at is null
      ${before === undefined ? db`` : db`and t.id < ${before}`}
    order by t.id desc
    limit ${limit}
  `
}

export async function isNamed(db: Db, userId: string, username: string): Promise<boolean> {
  const rows = await db`select from users where id = ${userId} and username = ${username}`
  return rows.length > 0
}
