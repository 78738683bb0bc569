import type { Db } from '../db/client.ts'
import { revokeSessions } from '../revocations/revoking.ts'
import { markAllRevoked, markEvicted, markRevoked } from './repository.ts'

export interface EndSessions {
  readonly user_id: string
  /** Goes on. */
  readonly except?: string | undefined
  readonly reason: string
  readonly now: Date
}

/** Ends every live session of the user but the excepted one, and says how many those were. */
export async function endSessions(tx: Db, { user_id, except, reason, now }: EndSessions): Promise<number> {
  const ended = await markAllRevoked(tx, user_id, except, reason, now)
  await revokeSessions(tx, ended, reason, now)
  return ended.length
}

export interface EndSession {
  readonly user_id: string
  readonly session_id: string
  readonly reason: string
  readonly now: Date
}

/** False where the user has no such session that is still live. */
export async function endSession(tx: Db, { user_id, session_id, reason, now }: EndSession): Promise<boolean> {
  const isEnded = await markRevoked(tx, session_id, user_id, reason, now)
  if (isEnded) await revokeSessions(tx, [session_id], reason, now)
  return isEnded
}

/** Ends the sessions of the user beyond the `kept` ones that were used last, and names them. */
export async function evictSessions(tx: Db, user_id: string, kept: number, now: Date): Promise<string[]> {
  const evicted = await markEvicted(tx, user_id, kept, now)
  await revokeSessions(tx, evicted, 'evicted', now)
  return evicted
}
