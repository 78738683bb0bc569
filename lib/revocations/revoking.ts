import type { Db } from '../db/client.ts'
import { hourMs, later } from '../time.ts'
import { insertSessions, insertUser, insertVersion, insertVersionsOf } from './repository.ts'

/** As long as the token lives that lives longest: that of a stream. */
const longestTokenMs = 6 * hourMs

const timesOf = (now: Date) => ({ revoked_at: now, expires_at: later(now, longestTokenMs) })

/** What ends is told to the other servers in the transaction that ends it, from here alone. */
export async function revokeSessions(
  tx: Db,
  session_ids: readonly string[],
  reason: string,
  now: Date,
): Promise<void> {
  if (session_ids.length > 0) await insertSessions(tx, { session_ids, reason, ...timesOf(now) })
}

/** Every token that the user holds; one that is issued later counts. */
export const revokeUser = (tx: Db, user_id: string, reason: string, now: Date): Promise<void> =>
  insertUser(tx, { kind: 'user', user_id, reason, ...timesOf(now) })

export const revokeChat = (tx: Db, user_id: string, reason: string, now: Date): Promise<void> =>
  insertUser(tx, { kind: 'chat_mute', user_id, reason, ...timesOf(now) })

/** What was made of the version must not be served, to nobody. */
export const revokeVersion = (tx: Db, version_id: string, reason: string, now: Date): Promise<void> =>
  insertVersion(tx, { version_id, reason, ...timesOf(now) })

/** What was made of a track, for whoever holds a link of before it was taken away. */
export const revokeTrack = (tx: Db, track_id: string, reason: string, now: Date): Promise<void> =>
  insertVersionsOf(tx, { track_id, reason, ...timesOf(now) })
