import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'
import { dayMs, earlier } from '../time.ts'

const keptDays = 365

/** Of addresses that nobody here has, and of what has no effect. */
export const forgetOldTrouble = (db: Db, now: Date): Promise<number> =>
  sweep(db, {
    table: 'mail_addresses',
    key: 'address',
    isOver: db`
      updated_at < ${earlier(now, keptDays * dayMs)}
      and (
        coalesce(bounced_at, complained_at) is null
        or not exists (select from users where email = address)
      )
    `,
  })
