import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'

export const deleteExpiredEmailTokens = (db: Db, now: Date): Promise<number> =>
  sweep(db, { table: 'email_tokens', key: 'token_hash', isOver: db`expires_at < ${now}` })

export const deleteExpiredEmailChanges = (db: Db, now: Date): Promise<number> =>
  sweep(db, { table: 'email_changes', key: 'user_id', isOver: db`expires_at < ${now}` })
