import type { Db } from '../db/client.ts'

// Some at a time; the locks pass over what a request has in hand.

export async function deleteExpiredEmailTokens(db: Db, now: Date): Promise<number> {
  const { count } = await db`
    delete from email_tokens
    where token_hash in (
      select token_hash from email_tokens where expires_at < ${now} limit 1000 for update skip locked
    )
  `
  return count
}

export async function deleteExpiredEmailChanges(db: Db, now: Date): Promise<number> {
  const { count } = await db`
    delete from email_changes
    where user_id in (
      select user_id from email_changes where expires_at < ${now} limit 1000 for update skip locked
    )
  `
  return count
}

export async function deleteExpiredChallenges(db: Db, now: Date): Promise<number> {
  const { count } = await db`
    delete from auth_challenges
    where token_hash in (
      select token_hash from auth_challenges where expires_at < ${now} limit 1000 for update skip locked
    )
  `
  return count
}

export async function deleteExpiredUsernameHolds(db: Db, now: Date): Promise<number> {
  const { count } = await db`
    delete from username_holds
    where username in (
      select username from username_holds where held_until < ${now} limit 1000 for update skip locked
    )
  `
  return count
}

const unfinishedFactorMs = 24 * 60 * 60 * 1000

/** A second factor whose set-up was never completed: its secret is in nobody's app. */
export async function deleteUnfinishedFactors(db: Db, now: Date): Promise<number> {
  const before = new Date(now.getTime() - unfinishedFactorMs)
  const { count } = await db`
    delete from totp_factors
    where user_id in (
      select user_id from totp_factors
      where enabled_at is null and created_at < ${before}
      limit 1000
      for update skip locked
    )
  `
  return count
}
