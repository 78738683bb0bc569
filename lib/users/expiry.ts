import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'

export const deleteExpiredUsernameHolds = (db: Db, now: Date): Promise<number> =>
  sweep(db, { table: 'username_holds', key: 'username', isOver: db`held_until < ${now}` })
