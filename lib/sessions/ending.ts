import type { Db } from '../db/client.ts'
import { markAllRevoked, markRevoked } from './repository.ts'

export interface EndSessions {
  readonly user_id: string
  /** Goes on. */
  readonly except?: string | undefined
  readonly reason: string
  readonly now: Date
}

/** Ends every live session of the user but the excepted one, and says how many those were. */
export async function endSessions(tx: Db, { user_id, except, reason, now }: EndSessions): Promise<number> {
  return markAllRevoked(tx, user_id, except, reason, now)
}

export interface EndSession {
  readonly user_id: string
  readonly session_id: string
  readonly reason: string
  readonly now: Date
}

/** False where the user has no such session that is still live. */
export async function endSession(tx: Db, { user_id, session_id, reason, now }: EndSession): Promise<boolean> {
  return markRevoked(tx, session_id, user_id, reason, now)
}
