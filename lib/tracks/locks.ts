import type { Db, Fragment } from '../db/client.ts'
import { isEditable, trackTables } from './visibility.ts'

/** A track that nobody else changes before the end of the transaction. */
export interface HeldTrack {
  readonly owner_id: string
  readonly revision: number
}

/** Locks a track that the user owns. Whoever changes anything of a track takes this lock first. */
export async function lockOwnTrack(tx: Db, trackId: string, ownerId: string): Promise<HeldTrack | undefined> {
  const [row] = await tx<[HeldTrack?]>`
    select t.owner_id, t.revision + o.revision as revision
    from tracks t
    join users o on o.id = t.owner_id
    where t.id = ${trackId} and t.owner_id = ${ownerId} and t.deleted_at is null
    for no key update of t
  `
  return row
}

/**
 * Locks a track that the user may change, as its owner or as an editor. Who ends a collaboration holds the same
 * lock; what they did while this waited shows only to the next statement, so an editor's part is read once more.
 */
export async function lockEditableTrack(
  tx: Db,
  trackId: string,
  userId: string,
): Promise<HeldTrack | undefined> {
  const viewer = { id: userId }
  const [row] = await tx<[HeldTrack?]>`
    select t.owner_id, t.revision + o.revision as revision
    from ${trackTables(tx, viewer)}
    where t.id = ${trackId} and t.deleted_at is null and ${isEditable(tx, viewer)}
    for no key update of t
  `
  const isHeld = row && (row.owner_id === userId || (await isEditor(tx, trackId, userId)))
  return isHeld ? row : undefined
}

async function isEditor(tx: Db, trackId: string, userId: string): Promise<boolean> {
  const rows = await tx`
    select from track_collaborators
    where track_id = ${trackId} and user_id = ${userId} and role = 'editor' and status = 'accepted'
  `
  return rows.length > 0
}

/**
 * Locks several tracks `t` in the order of their ids, so that no two who do this wait for each other. Whoever needs
 * more than one takes all of them here, before anything else.
 */
export async function lockTracks(tx: Db, which: Fragment): Promise<void> {
  await tx`select from tracks t where ${which} order by t.id for no key update of t`
}
