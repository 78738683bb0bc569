import type { Db, Fragment } from '../db/client.ts'
import { lockTracks } from '../tracks/locks.ts'
import { endUploadOf } from '../uploads/ending.ts'
import { touchTrack } from './repository.ts'
import { voidProposalNaming } from './splits-repository.ts'

interface Part {
  readonly track_id: string
  readonly user_id: string
}

/**
 * Takes somebody's part in a track away, whose lock the caller holds: what they have not finished uploading goes
 * with it, and so does a split sheet that was proposed to them. A share in force stays theirs. False where they had
 * no part.
 */
export async function endCollaboration(tx: Db, part: Part, now: Date): Promise<boolean> {
  const { track_id, user_id } = part
  const { count } = await tx`
    delete from track_collaborators where track_id = ${track_id} and user_id = ${user_id}
  `
  if (count === 0) return false
  await endUploadOf(tx, part, now)
  await voidProposalNaming(tx, part, now)
  await touchTrack(tx, track_id, now)
  return true
}

/** Within the transaction of a block, which holds these tracks. */
export const endCollaborationsWith = (tx: Db, userId: string, ownerId: string, now: Date): Promise<void> =>
  endAll(tx, userId, tx`t.owner_id = ${ownerId}`, now)

/**
 * Within the transaction that ends the user's account, which holds these tracks, after the deletion of their own.
 * Shares in force stay with what is left of them.
 */
export async function endCollaborationsOf(tx: Db, userId: string, now: Date): Promise<void> {
  await endAll(tx, userId, tx`true`, now)
  await tx`
    delete from track_collaborators c
    using tracks t
    where t.id = c.track_id and t.owner_id = ${userId} and t.deleted_at is not null and t.purged_at is null
  `
}

/** The tracks `t` that a user has a part in. */
const hasPart = (tx: Db, userId: string): Fragment =>
  tx`t.id = any(array(select c.track_id from track_collaborators c where c.user_id = ${userId}))`

/** Before a block, which ends what the two have in common. */
export const lockCollaborationsBetween = (tx: Db, userId: string, otherId: string): Promise<void> =>
  lockTracks(
    tx,
    tx`(t.owner_id = ${otherId} and ${hasPart(tx, userId)}) or (t.owner_id = ${userId} and ${hasPart(tx, otherId)})`,
  )

/** Before the end of an account: what they own, and what they have a part in. */
export const lockAllTracksOf = (tx: Db, userId: string): Promise<void> =>
  lockTracks(tx, tx`t.owner_id = ${userId} or ${hasPart(tx, userId)}`)

async function endAll(tx: Db, userId: string, ofTrack: Fragment, now: Date): Promise<void> {
  const tracks = await tx<{ id: string }[]>`
    select t.id from tracks t where ${ofTrack} and ${hasPart(tx, userId)}
  `
  for (const { id } of tracks) await endCollaboration(tx, { track_id: id, user_id: userId }, now)
}
