import { hashToken, randomToken } from '../auth/one-time-tokens.ts'
import type { Db } from '../db/client.ts'
import { dayMs, later } from '../time.ts'
import { insertNotMeToken } from './repository.ts'

const lifetimeMs = 7 * dayMs

export interface MailedNotice {
  readonly id: string
  readonly user_id: string
  readonly session_id: string | null
}

/** Makes the token of a "this was not me" link. Only its hash is kept; the token is nowhere but in the mail. */
export async function issueNotMeToken(
  db: Db,
  { id: notice_id, user_id, session_id }: MailedNotice,
  now: Date,
): Promise<string> {
  const token = randomToken()
  const expires_at = later(now, lifetimeMs)
  const token_hash = hashToken(token)
  await insertNotMeToken(db, { token_hash, user_id, notice_id, session_id, created_at: now, expires_at })
  return token
}
