import type { Db } from '../db/client.ts'

const keptMs = 30 * 24 * 60 * 60 * 1000

/** Notices that were mailed long ago; what they told of stays in the audit trail. */
export async function deleteOldNotices(db: Db, now: Date): Promise<number> {
  const before = new Date(now.getTime() - keptMs)
  const { count } = await db`
    delete from security_notices
    where id in (
      select id from security_notices where created_at < ${before} limit 1000 for update skip locked
    )
  `
  return count
}
