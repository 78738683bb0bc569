import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'
import { dayMs, earlier } from '../time.ts'

const keptMs = 30 * dayMs

/** Notices that were mailed long ago; what they told of stays in the audit trail. */
export const deleteOldNotices = (db: Db, now: Date): Promise<number> =>
  sweep(db, { table: 'security_notices', key: 'id', isOver: db`created_at < ${earlier(now, keptMs)}` })
