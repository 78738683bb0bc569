import { randomBytes } from 'node:crypto'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createDelivery } from '../../lib/notifications/delivery.ts'
import type { Happening } from '../../lib/notifications/kinds.ts'

/** An id of the outbox: later ones are greater. */
export function nextEventId() {
  count += 1
  const ms = (start + count).toString(16).padStart(12, '0')
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-${randomBytes(6).toString('hex')}`
}
const start = Date.now()
let count = 0

type Told = Omit<Happening, 'actor_id' | 'recipient_id'>

/** Delivers as the jobs worker does. */
export const createTelling = (sql: Sql, now?: () => Date) => {
  const deliver = createDelivery({ sql, ...(now && { now }) })
  return (to: Pick<Actor, 'id'>, by: Pick<Actor, 'id'> | null, told: Told, eventId = nextEventId()) =>
    deliver({ ...told, recipient_id: to.id, actor_id: by?.id ?? null }, eventId)
}
