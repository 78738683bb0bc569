import type { Db, Fragment } from '../db/client.ts'

/** Whether neither of the two has blocked the other. A guest is blocked by nobody. */
export const isUnblocked = (db: Db, viewerId: string | undefined, userId: Fragment): Fragment =>
  viewerId === undefined
    ? db`true`
    : db`(
        not exists (select from blocks b where b.blocker_id = ${viewerId} and b.blocked_id = ${userId})
        and not exists (select from blocks b where b.blocker_id = ${userId} and b.blocked_id = ${viewerId})
      )`

/** Whether the viewer has muted the other, whose doings then reach them nowhere. */
export const isUnmuted = (db: Db, viewerId: string | undefined, userId: Fragment): Fragment =>
  viewerId === undefined
    ? db`true`
    : db`not exists (select from mutes m where m.muter_id = ${viewerId} and m.muted_id = ${userId})`

/**
 * Whether what somebody says on an artist's things is heard: whom the artist has muted or blocked is heard
 * by nobody but themselves, and so does not learn of it. `offset 0` keeps the planner from reading both tables
 * whole to hash them, where it means to ask for many rows and a limit then takes few.
 */
export const isHeardBy = (
  db: Db,
  viewerId: string | undefined,
  { author, artist }: { readonly author: Fragment; readonly artist: Fragment },
): Fragment => db`(
  ${author} = ${viewerId ?? null}
  or (
    not exists (select from mutes m where m.muter_id = ${artist} and m.muted_id = ${author} offset 0)
    and not exists (select from blocks b where b.blocker_id = ${artist} and b.blocked_id = ${author} offset 0)
  )
)`

/** Those with whom a block stands between them and the user, for whoever asks about many at once. */
export async function listHidden(db: Db, userId: string | undefined): Promise<string[]> {
  if (userId === undefined) return []
  const rows = await db<{ id: string }[]>`
    select blocked_id as id from blocks where blocker_id = ${userId}
    union
    select blocker_id from blocks where blocked_id = ${userId}
  `
  return rows.map(({ id }) => id)
}
