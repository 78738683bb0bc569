import type { Db } from '../../db/client.ts'
import { sweep } from '../../db/sweep.ts'
import { keptDays } from '../../public-events/reading.ts'
import { dayMs, earlier } from '../../time.ts'

/** With their attempts, as the events that they are of: one that a recovery has made does not stay a month longer. */
export const deleteOldDeliveries = (db: Db, now: Date): Promise<number> =>
  sweep(db, {
    table: 'webhook_deliveries',
    key: 'id',
    isOver: db`event_id in (select id from public_events where created_at < ${earlier(now, keptDays * dayMs)})`,
  })

/** One that was still running has nothing left to recover. */
export const deleteOldRecoveries = (db: Db, now: Date): Promise<number> =>
  sweep(db, {
    table: 'webhook_recoveries',
    key: 'id',
    isOver: db`created_at < ${earlier(now, keptDays * dayMs)}`,
  })
