import type { Db } from '../../db/client.ts'
import { sweep } from '../../db/sweep.ts'
import { dayMs, earlier } from '../../time.ts'

/** As long as the events that they are of. */
const keptDays = 30

/** With their attempts. One that a recovery has made goes with its event, not a month later. */
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
