import type { Db } from '../../db/client.ts'
import type { Filter } from '../endpoints/filter.ts'

/** What an endpoint wants to be sent. */
export interface Wishes {
  readonly id: string
  readonly account_id: string
  /** Empty: all of them. */
  readonly event_types: readonly string[]
  readonly filter: Filter | null
}

export const listEnabled = (db: Db, accountIds: readonly string[]) => db<Wishes[]>`
  select id, account_id, event_types, filter
  from webhook_endpoints
  where account_id = any(${accountIds}::uuid[]) and status = 'enabled'
  order by id
`

type NewDelivery = {
  readonly endpoint_id: string
  readonly event_id: string
  readonly event_type: string
}

/** Each is due at once. What an endpoint has already is left as it is. */
export async function insertDeliveries(
  tx: Db,
  deliveries: readonly NewDelivery[],
  now: Date,
): Promise<{ id: string }[]> {
  if (deliveries.length === 0) return []
  return tx<{ id: string }[]>`
    insert into webhook_deliveries (endpoint_id, event_id, event_type, next_attempt_at, created_at)
    select endpoint_id, event_id, event_type, ${now}, ${now}
    from jsonb_to_recordset(${tx.json(deliveries)}) as wanted (endpoint_id uuid, event_id uuid, event_type text)
    order by endpoint_id, event_id
    on conflict (endpoint_id, event_id) do nothing
    returning id
  `
}
