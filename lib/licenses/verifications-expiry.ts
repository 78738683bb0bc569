import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'
import { disputableMs } from '../orders/origins.ts'
import { earlier } from '../time.ts'

/** Forgets who looked a licence up, once nobody can dispute what was paid for it. */
export const deleteOldVerifications = (db: Db, now: Date): Promise<number> =>
  sweep(db, { table: 'license_verifications', key: 'id', isOver: db`at < ${earlier(now, disputableMs)}` })
