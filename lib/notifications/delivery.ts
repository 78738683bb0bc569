import type { Sql } from '../db/client.ts'
import { addActor, takeNotification } from './delivery-repository.ts'
import type { Happening } from './kinds.ts'

export interface DeliveryDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

/** Tells somebody what happened, once however often the event is delivered, and in whatever order. */
export function createDelivery({ sql, now = () => new Date() }: DeliveryDependencies) {
  return async (happening: Happening, event_id: string): Promise<void> => {
    if (happening.actor_id === happening.recipient_id) return
    const delivery = { ...happening, event_id }
    await sql.beginIdempotent(async (tx) => {
      const id = await takeNotification(tx, delivery, now())
      if (id !== undefined && delivery.actor_id !== null) await addActor(tx, id, delivery, now())
    })
  }
}
