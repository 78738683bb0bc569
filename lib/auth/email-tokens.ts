import type { Db, Sql } from '../db/client.ts'
import { dayMs, hourMs, later } from '../time.ts'
import { lockAccount } from '../users/lock.ts'
import {
  deleteEmailToken,
  type EmailTokenPurpose,
  insertEmailToken,
  lockTokenOwner,
  pruneEmailTokens,
} from './email-tokens-repository.ts'
import { hashToken, randomToken } from './one-time-tokens.ts'

const lifetimesMs: Readonly<Record<EmailTokenPurpose, number>> = {
  verify_email: dayMs,
  reset_password: hourMs,
  change_email_old: dayMs,
  change_email_new: dayMs,
}

/** How many links work at the same time, so that an earlier mail which arrives late still does. */
const keptTokens = 3

/** Whom a mailed link is for, and what for. */
export interface Link {
  readonly user_id: string
  readonly purpose: EmailTokenPurpose
}

/** Makes a one-time token for a mailed link. Only its hash is kept; the token itself is nowhere but in the mail. */
export async function issueEmailToken(sql: Sql, { user_id, purpose }: Link, now: Date): Promise<string> {
  const token = randomToken()
  await sql.begin(async (tx) => {
    await lockAccount(tx, user_id)
    await insertEmailToken(tx, {
      token_hash: hashToken(token),
      user_id,
      purpose,
      created_at: now,
      expires_at: later(now, lifetimesMs[purpose]),
    })
    await pruneEmailTokens(tx, { user_id, purpose, now, kept: keptTokens })
  })
  return token
}

/** Uses the token up: of several uses at once, one gets whose it is. */
export async function takeEmailToken(
  tx: Db,
  token: string,
  purposes: readonly EmailTokenPurpose[],
  now: Date,
): Promise<Link | undefined> {
  const token_hash = hashToken(token)
  await lockTokenOwner(tx, token_hash)
  return deleteEmailToken(tx, token_hash, purposes, now)
}
