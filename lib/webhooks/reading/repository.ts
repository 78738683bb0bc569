import type { Db } from '../../db/client.ts'
import { isOlder, toMicros } from '../../db/micros.ts'
import type { Attempt, Delivery, DeliveryStatus, ListDeliveries } from './schemas.ts'

export type DeliveryFilter = Omit<ListDeliveries, 'limit' | 'cursor'>

/** Where a page goes on: after the delivery of this time, in microseconds, and id. */
export type DeliveryPosition = readonly [micros: number, id: string]

export type DeliveryRow = Omit<Delivery, 'attempts'> & { readonly micros: number }

const viewOf = (db: Db) => db`
  select
    d.id, d.endpoint_id, d.event_id, d.event_type, v.is_test, d.status, d.attempt_count, d.next_attempt_at,
    d.created_at, ${toMicros(db, db`d.created_at`)} as micros, d.ended_at
  from webhook_deliveries d
  join public_events v on v.id = d.event_id
  join webhook_endpoints e on e.id = d.endpoint_id
`

/** Spelled out, so that the index of those that failed is used. */
const hasStatus = (db: Db, status: DeliveryStatus) =>
  ({
    pending: db`d.status = 'pending'`,
    succeeded: db`d.status = 'succeeded'`,
    failed: db`d.status = 'failed'`,
  })[status]

/** Newest first. */
export async function listDeliveries(
  db: Db,
  endpointId: string,
  { status, event_type, from, to }: DeliveryFilter,
  after: DeliveryPosition | undefined,
  limit: number,
): Promise<DeliveryRow[]> {
  return db<DeliveryRow[]>`
    ${viewOf(db)}
    where d.endpoint_id = ${endpointId}
      ${status === undefined ? db`` : db`and ${hasStatus(db, status)}`}
      ${event_type === undefined ? db`` : db`and d.event_type = ${event_type}`}
      ${from === undefined ? db`` : db`and d.created_at >= ${from}`}
      ${to === undefined ? db`` : db`and d.created_at < ${to}`}
      ${after === undefined ? db`` : db`and ${isOlder(db, { at: db`d.created_at`, id: db`d.id` }, { at: after[0], id: after[1] })}`}
    order by d.created_at desc, d.id desc
    limit ${limit}
  `
}

export async function findDelivery(db: Db, accountId: string, id: string) {
  const [row] = await db<[DeliveryRow?]>`
    ${viewOf(db)} where d.id = ${id} and e.account_id = ${accountId} and e.deleted_at is null
  `
  return row
}

/** The endpoint of a delivery, before the delivery itself. */
export async function lockEndpointOf(tx: Db, accountId: string, id: string) {
  const [row] = await tx<[{ id: string; status: 'enabled' | 'disabled' }?]>`
    select e.id, e.status from webhook_endpoints e
    join webhook_deliveries d on d.endpoint_id = e.id
    where d.id = ${id} and e.account_id = ${accountId} and e.deleted_at is null
    for no key update of e
  `
  return row
}

type AttemptRow = Attempt & { readonly delivery_id: string }

/** In the order they were made. */
export const listAttempts = (db: Db, deliveryIds: readonly string[]) => db<AttemptRow[]>`
  select delivery_id, number, at, duration_ms, status_code, error
  from webhook_attempts
  where delivery_id = any(${deliveryIds}::uuid[])
  order by delivery_id, number
`

type WholeAttempt = Attempt & { readonly response_body: string | null }

/** With what was answered. */
export const listWholeAttempts = (db: Db, deliveryId: string) => db<WholeAttempt[]>`
  select number, at, duration_ms, status_code, error, response_body
  from webhook_attempts
  where delivery_id = ${deliveryId}
  order by number
`
