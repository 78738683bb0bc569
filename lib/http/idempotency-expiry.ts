import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'

export const deleteExpiredKeys = (db: Db, now: Date): Promise<number> =>
  sweep(db, { table: 'idempotency_keys', key: 'claim_id', isOver: db`expires_at <= ${now}` })
