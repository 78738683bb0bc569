import type { Sql } from '../db/client.ts'
import { hashToken, randomToken } from './one-time-tokens.ts'
import { insertEmailToken, pruneEmailTokens } from './repository.ts'

const lifetimeMs = 24 * 60 * 60 * 1000

/** How many links work at the same time, so that an earlier mail which arrives late still does. */
const keptTokens = 3

/** Makes a one-time token for a mailed link. Only its hash is kept; the token itself is nowhere but in the mail. */
export async function issueEmailToken(sql: Sql, userId: string, now: Date): Promise<string> {
  const token = randomToken()
  await sql.begin(async (tx) => {
    await insertEmailToken(tx, {
      token_hash: hashToken(token),
      user_id: userId,
      created_at: now,
      expires_at: new Date(now.getTime() + lifetimeMs),
    })
    await pruneEmailTokens(tx, userId, now, keptTokens)
  })
  return token
}
