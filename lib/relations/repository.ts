import type { Db, Fragment } from '../db/client.ts'

/**
 * Keeps both accounts from being deleted until the transaction ends, which would miss what it adds; false where
 * the other is not there any more.
 */
export async function lockPeople(tx: Db, userId: string, otherId: string): Promise<boolean> {
  const { count } = await tx`
    select from users
    where deleted_at is null
      and (id = ${userId} or (id = ${otherId} and email_verified_at is not null and deletes_at is null))
    for key share
  `
  return count === 2
}

/** Waits for the end of either account, in whatever state it is: whoever ends one locks it before all that is theirs. */
export async function holdAccounts(tx: Db, userIds: readonly string[]): Promise<void> {
  await tx`select from users where id = any(${userIds}::uuid[]) order by id for key share`
}

/** False where it was so already. */
export async function insertFollow(db: Db, followerId: string, followedId: string): Promise<boolean> {
  const { count } = await db`
    insert into follows (follower_id, followed_id) values (${followerId}, ${followedId})
    on conflict do nothing
  `
  return count === 1
}

/** With the counts of both sides. */
export const deleteFollows = (db: Db, which: Fragment) => db`
  with gone as (delete from follows where ${which} returning follower_id, followed_id)
  insert into count_deltas (subject_id, counter, delta)
  select followed_id, 'follower_count', -count(*)::int from gone group by followed_id
  union all
  select follower_id, 'following_count', -count(*)::int from gone group by follower_id
`

/** False where it was so already. */
export async function insertBlock(db: Db, blockerId: string, blockedId: string): Promise<boolean> {
  const { count } = await db`
    insert into blocks (blocker_id, blocked_id) values (${blockerId}, ${blockedId}) on conflict do nothing
  `
  return count === 1
}

/** False where there was none. */
export async function deleteBlock(db: Db, blockerId: string, blockedId: string): Promise<boolean> {
  const { count } = await db`delete from blocks where blocker_id = ${blockerId} and blocked_id = ${blockedId}`
  return count === 1
}

/** False where it was so already. */
export async function insertMute(db: Db, muterId: string, mutedId: string): Promise<boolean> {
  const { count } = await db`
    insert into mutes (muter_id, muted_id) values (${muterId}, ${mutedId}) on conflict do nothing
  `
  return count === 1
}

/** False where there was none. */
export async function deleteMute(db: Db, muterId: string, mutedId: string): Promise<boolean> {
  const { count } = await db`delete from mutes where muter_id = ${muterId} and muted_id = ${mutedId}`
  return count === 1
}

export async function deleteBlocksOf(db: Db, userId: string): Promise<void> {
  await db`delete from blocks where blocker_id = ${userId} or blocked_id = ${userId}`
}

export async function deleteMutesOf(db: Db, userId: string): Promise<void> {
  await db`delete from mutes where muter_id = ${userId} or muted_id = ${userId}`
}
