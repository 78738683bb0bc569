import type { Db } from '../../db/client.ts'
import type { Health } from './health.ts'

export interface EndpointState extends Health {
  readonly id: string
  readonly account_id: string
  readonly url: string
  readonly description: string
  readonly status: 'enabled' | 'disabled'
  readonly exhausted_told_at: Date | null
}

const stateColumns = (db: Db) => db`
  id, account_id, url, description, status, first_failure_at, last_failure_at, failures_in_row, failure_notices,
  last_success_at, exhausted_told_at
`

export async function lockEndpoint(tx: Db, id: string): Promise<EndpointState | undefined> {
  const [row] = await tx<[EndpointState?]>`
    select ${stateColumns(tx)} from webhook_endpoints where id = ${id} for no key update
  `
  return row
}

export async function lockEndpointOfDelivery(tx: Db, deliveryId: string): Promise<EndpointState | undefined> {
  const [row] = await tx<[EndpointState?]>`
    select ${stateColumns(tx)}
    from webhook_endpoints
    where id = (select endpoint_id from webhook_deliveries where id = ${deliveryId})
    for no key update
  `
  return row
}

export interface DeliveryState {
  readonly id: string
  readonly event_id: string
  readonly event_type: string
  readonly status: 'pending' | 'succeeded' | 'failed'
  readonly attempt_count: number
  readonly tries: number
  readonly next_attempt_at: Date | null
  readonly ended_at: Date | null
}

/** The caller holds the lock of its endpoint. */
export async function findDelivery(tx: Db, id: string): Promise<DeliveryState | undefined> {
  const [row] = await tx<[DeliveryState?]>`
    select id, event_id, event_type, status, attempt_count, tries, next_attempt_at, ended_at
    from webhook_deliveries
    where id = ${id}
  `
  return row
}

export interface AttemptRow {
  readonly delivery_id: string
  readonly number: number
  readonly at: Date
  readonly duration_ms: number
  readonly status_code: number | null
  readonly error: string | null
  readonly response_body: string | null
}

/** Said of an attempt of which nothing was ever heard. */
export const notSent = 'not_sent'

export type Recorded = 'first' | 'better' | 'known'

/**
 * Writes an attempt down once, however often its result comes. Where the same message was sent twice, that it succeeded
 * once is what counts, and anything is more than having heard nothing.
 */
export async function recordAttempt(tx: Db, attempt: AttemptRow): Promise<Recorded> {
  const { delivery_id, number, at, duration_ms, status_code, error, response_body } = attempt
  const [row] = await tx<[{ is_first: boolean }?]>`
    insert into webhook_attempts as kept (
      delivery_id, number, at, duration_ms, status_code, error, response_body
    )
    values (${delivery_id}, ${number}, ${at}, ${duration_ms}, ${status_code}, ${error}, ${response_body})
    on conflict (delivery_id, number) do update
    set
      at = excluded.at, duration_ms = excluded.duration_ms, status_code = excluded.status_code,
      error = excluded.error, response_body = excluded.response_body
    where (excluded.error is null and kept.error is not null)
      or (kept.error = ${notSent} and excluded.error <> ${notSent})
    returning old.number is null as is_first
  `
  if (!row) return 'known'
  return row.is_first ? 'first' : 'better'
}

export interface DeliveryChange {
  readonly status: DeliveryState['status']
  readonly attempt_count: number
  readonly tries: number
  readonly next_attempt_at: Date | null
  /** When it ended, unless it goes on or had ended before. */
  readonly ended_at: Date | null
}

/** What was heard of the attempt in hand leaves nothing in the hand of the sender. */
export async function updateDelivery(
  tx: Db,
  id: string,
  { status, attempt_count, tries, next_attempt_at, ended_at }: DeliveryChange,
  { hasEnded }: { readonly hasEnded: boolean },
): Promise<void> {
  await tx`
    update webhook_deliveries
    set
      status = ${status}, attempt_count = ${attempt_count}, tries = ${tries}, next_attempt_at = ${next_attempt_at},
      ended_at = ${ended_at}
      ${hasEnded ? tx`, claimed_until = '-infinity', lost_claims = 0` : tx``}
    where id = ${id}
  `
}

export async function updateHealth(tx: Db, id: string, health: Health): Promise<void> {
  await tx`
    update webhook_endpoints
    set
      first_failure_at = ${health.first_failure_at}, last_failure_at = ${health.last_failure_at},
      failures_in_row = ${health.failures_in_row}, failure_notices = ${health.failure_notices},
      last_success_at = ${health.last_success_at}
    where id = ${id}
  `
}

export async function noteExhausted(tx: Db, id: string, now: Date): Promise<void> {
  await tx`update webhook_endpoints set exhausted_told_at = ${now} where id = ${id}`
}
