import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'
import { dayMs, earlier } from '../time.ts'

export const deleteExpiredChallenges = (db: Db, now: Date): Promise<number> =>
  sweep(db, { table: 'auth_challenges', key: 'token_hash', isOver: db`expires_at < ${now}` })

/** A second factor whose set-up was never completed: its secret is in nobody's app. */
export const deleteUnfinishedFactors = (db: Db, now: Date): Promise<number> =>
  sweep(db, {
    table: 'totp_factors',
    key: 'user_id',
    isOver: db`enabled_at is null and created_at < ${earlier(now, dayMs)}`,
  })
