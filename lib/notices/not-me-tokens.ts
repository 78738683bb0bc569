import { hashToken, randomToken } from '../auth/one-time-tokens.ts'
import type { Db } from '../db/client.ts'

const lifetimeMs = 7 * 24 * 60 * 60 * 1000

/** Makes the token of a "this was not me" link. Only its hash is kept; the token is nowhere but in the mail. */
export async function issueNotMeToken(
  db: Db,
  { user_id, session_id }: { readonly user_id: string; readonly session_id: string | null },
  now: Date,
): Promise<string> {
  const token = randomToken()
  await db`
    insert into email_tokens (token_hash, user_id, purpose, session_id, created_at, expires_at)
    values (
      ${hashToken(token)}, ${user_id}, 'not_me', ${session_id}, ${now},
      ${new Date(now.getTime() + lifetimeMs)}
    )
  `
  return token
}
