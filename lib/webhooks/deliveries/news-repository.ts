import type { Db } from '../../db/client.ts'

export interface EndpointNews {
  readonly id: string
  readonly account_id: string
  readonly url: string
  readonly description: string
  readonly status: 'enabled' | 'disabled'
  readonly disabled_reason: 'owner' | 'failing' | 'gone' | null
  readonly disabled_at: Date | null
  readonly first_failure_at: Date | null
  readonly last_failure_at: Date | null
  readonly failures_in_row: number
}

/** None of one that was removed: there is nothing left to say of it. */
export async function findEndpointNews(db: Db, id: string): Promise<EndpointNews | undefined> {
  const [row] = await db<[EndpointNews?]>`
    select
      id, account_id, url, description, status, disabled_reason, disabled_at, first_failure_at, last_failure_at,
      failures_in_row
    from webhook_endpoints
    where id = ${id} and deleted_at is null
  `
  return row
}

export interface FailedDelivery {
  readonly id: string
  readonly attempt_count: number
  readonly status_code: number | null
  readonly error: string | null
  readonly event: {
    readonly id: string
    readonly type: string
    readonly created_at: Date
    readonly data: Readonly<Record<string, unknown>> | null
  }
}

const mostDataBytes = 64 * 1024

/** With its event and the last of its attempts. What is too large to be sent inside of another event is left out. */
export async function findFailedDelivery(db: Db, id: string): Promise<FailedDelivery | undefined> {
  const [row] = await db<
    [(Omit<FailedDelivery, 'event'> & Omit<FailedDelivery['event'], 'id'> & { event_id: string })?]
  >`
    select
      d.id, d.attempt_count, a.status_code, a.error, e.id as event_id, e.type, e.created_at,
      case when octet_length(e.data::text) <= ${mostDataBytes} then e.data end as data
    from webhook_deliveries d
    join public_events e on e.id = d.event_id
    left join webhook_attempts a on a.delivery_id = d.id and a.number = d.attempt_count
    where d.id = ${id}
  `
  if (!row) return undefined
  const { event_id, type, created_at, data, ...delivery } = row
  return { ...delivery, event: { id: event_id, type, created_at, data } }
}
