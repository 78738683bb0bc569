import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'
import { dayMs, earlier } from '../time.ts'

/** Longer than any bank lets a payment be disputed after what it was for. */
const keptMs = 540 * dayMs

/** Forgets who downloaded what once nobody can dispute it any more. */
export const deleteOldDownloads = (db: Db, now: Date): Promise<number> =>
  sweep(db, {
    table: 'license_downloads',
    key: 'id',
    isOver: db`
      granted_at <= ${earlier(now, keptMs)}
      and not exists (select from licenses l where l.id = license_id and l.status = 'frozen')
    `,
  })
