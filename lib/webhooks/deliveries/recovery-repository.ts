import type { Db } from '../../db/client.ts'
import type { PublicEventRow } from '../../public-events/envelope.ts'
import type { Wishes } from './repository.ts'

export const listRunning = (db: Db, limit: number) => db<{ id: string; endpoint_id: string }[]>`
  select r.id, r.endpoint_id
  from webhook_recoveries r
  join webhook_endpoints e on e.id = r.endpoint_id
  where r.status = 'running' and e.status = 'enabled'
  order by r.after_xact, r.id
  limit ${limit}
`

export interface Recovery extends Pick<Wishes, 'event_types' | 'filter'> {
  readonly id: string
  readonly endpoint_id: string
  readonly account_id: string
  readonly since: Date
  readonly until_xact: number
  readonly after_xact: number
  readonly after_id: string
  /** No transaction is open any more that could write an event of before. */
  readonly is_complete: boolean
}

/** None where it has ended, or its endpoint takes nothing. The caller holds the lock of the endpoint. */
export async function lockRecovery(tx: Db, id: string): Promise<Recovery | undefined> {
  const [row] = await tx<[Recovery?]>`
    select
      r.id, r.endpoint_id, r.since, r.until_xact, r.after_xact, r.after_id, e.account_id, e.event_types, e.filter,
      pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= r.until_xact as is_complete
    from webhook_recoveries r
    join webhook_endpoints e on e.id = r.endpoint_id
    where r.id = ${id} and r.status = 'running' and e.status = 'enabled'
    for update of r
  `
  return row
}

type EventToRecover = Pick<PublicEventRow, 'id' | 'type' | 'data' | 'created_at'> & { readonly xact: number }

/**
 * Those after the last one, as far as no earlier one can come any more. Tests are for whom they were asked, and what the
 * trouble of the endpoint itself was it is not told.
 */
export const listEventsToRecover = (
  tx: Db,
  { account_id, endpoint_id, until_xact, after_xact, after_id }: Recovery,
  limit: number,
) => tx<EventToRecover[]>`
  select id, type, data, created_at, xact
  from public_events
  where account_id = ${account_id} and not is_test and resource_id <> ${endpoint_id}
    and (xact, id) > (${after_xact}, ${after_id}::uuid)
    and xact < least(${until_xact}::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
  order by xact, id
  limit ${limit}
`

/**
 * Has them sent as if they had just come to pass, but after what has. What was delivered stays so, what the sender has in
 * hand stays there, and each keeps its id. Answers how many it is.
 */
export async function makeDue(
  tx: Db,
  endpointId: string,
  events: readonly Pick<EventToRecover, 'id' | 'type'>[],
  now: Date,
): Promise<number> {
  if (events.length === 0) return 0
  const wanted = events.map(({ id, type }) => ({ id, type }))
  const { count } = await tx`
    insert into webhook_deliveries as kept (
      endpoint_id, event_id, event_type, next_attempt_at, created_at, is_recovery
    )
    select ${endpointId}::uuid, id, type, ${now}, ${now}, true
    from jsonb_to_recordset(${tx.json(wanted)}) as wanted (id uuid, type text)
    order by id
    on conflict (endpoint_id, event_id) do update
    set
      status = 'pending', tries = 0, ended_at = null, is_recovery = true,
      next_attempt_at = least(kept.next_attempt_at, excluded.next_attempt_at)
    where kept.status = 'failed'
      or (kept.status = 'pending' and kept.tries > 0 and kept.claimed_until <= ${now} and kept.next_attempt_at > ${now})
  `
  return count
}

export async function stepForward(
  tx: Db,
  id: string,
  { xact, id: eventId }: Pick<EventToRecover, 'xact' | 'id'>,
  recovered: number,
): Promise<void> {
  await tx`
    update webhook_recoveries
    set after_xact = ${xact}, after_id = ${eventId}, recovered_count = recovered_count + ${recovered}
    where id = ${id}
  `
}

export async function endRecovery(tx: Db, id: string, now: Date): Promise<void> {
  await tx`update webhook_recoveries set status = 'done', ended_at = ${now} where id = ${id}`
}
