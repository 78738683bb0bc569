import type { Db, Sql } from '../db/client.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { later } from '../time.ts'
import { addActor, type Delivery, joinDigest, takeNotification } from './delivery-repository.ts'
import { digestPause, digestWaitMs } from './digest-times.ts'
import type { Happening } from './kinds.ts'
import { mailWayOf } from './mail-ways.ts'

export interface DeliveryDependencies {
  readonly sql: Sql
  /** Without it the letters that go out at once wait for the sweep of the outbox. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

/** Tells somebody what happened, once however often the event is delivered, and in whatever order. */
export function createDelivery({ sql, relay, now = () => new Date() }: DeliveryDependencies) {
  return async (happening: Happening, event_id: string): Promise<void> => {
    if (happening.actor_id === happening.recipient_id) return
    const delivery = { ...happening, event_id }
    const isMailed = await sql.beginIdempotent(async (tx) => {
      const at = now()
      const taken = await takeNotification(tx, delivery, at)
      if (!taken) return false
      const isNews = delivery.actor_id === null || (await addActor(tx, taken.id, delivery, at))
      return isNews && taken.is_mail_wanted && mail(tx, taken.id, delivery, at)
    })
    if (isMailed) await relay?.flushSoon()
  }

  /** Whether a letter goes out at once. */
  async function mail(tx: Db, id: string, { kind, event_id }: Delivery, at: Date): Promise<boolean> {
    if (mailWayOf(kind) === 'at_once') {
      await addToOutbox(tx, 'mail.notification', { notification_id: id, event_id })
      return true
    }
    await joinDigest(tx, id, { wait: later(at, digestWaitMs), pause: digestPause })
    return false
  }
}
