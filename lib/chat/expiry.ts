import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'

export const deleteExpiredMutes = (db: Db, now: Date): Promise<number> =>
  sweep(db, { table: 'chat_mutes', key: 'user_id', isOver: db`muted_until <= ${now}` })
