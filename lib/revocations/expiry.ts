import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'

export const deleteExpiredRevocations = (db: Db, now: Date): Promise<number> =>
  sweep(db, { table: 'revocations', key: 'id', isOver: db`expires_at <= ${now}` })
