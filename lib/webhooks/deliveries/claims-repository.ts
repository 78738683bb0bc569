import type { Db } from '../../db/client.ts'
import { later, minuteMs } from '../../time.ts'

/** What is due so soon is handed over now: the queue keeps it until then. */
const lookAheadMs = minuteMs

/** How long what was handed over is left to the sender and to its result. */
export const claimMs = 10 * minuteMs

/** After so many messages of which nothing was heard the attempt counts as one that failed. */
export const mostLostClaims = 3

/** An endpoint that answers has about a second's worth of its rate under way at once; one that fails has a single one. */
const fewestInFlight = 2
const mostInFlight = 50

/**
 * Whoever has not answered for so long may never do so. Each of their messages holds an environment of the sender, with
 * up to nine others in it, for 15 s: so until an answer comes they are handed few.
 */
const answeredWithinMs = 2_000
const mostUnanswered = 5

const isWaiting = (db: Db, now: Date) => db`
  d.status = 'pending' and d.next_attempt_at <= ${later(now, lookAheadMs)} and d.claimed_until <= ${now}
    and (d.lost_claims < ${mostLostClaims} or d.claimed_until = '-infinity')
`

/** Whether the account of the endpoint `e` is suspended: what is due there waits until that is over. */
const isShutOut = (db: Db, now: Date) => db`
  exists (
    select from users u
    where u.id = e.account_id and u.suspended_at is not null
      and (u.suspended_until is null or u.suspended_until > ${now})
  )
`

/** How many more the endpoint `e` may have under way. */
const roomOf = (db: Db, now: Date) => db`
  (
    select
      case
        when e.failures_in_row > 0 then 1
        else least(
          greatest(e.rate_per_second, ${fewestInFlight}),
          case
            when min(c.claimed_until) <= ${later(now, claimMs - answeredWithinMs)} then ${mostUnanswered}::int
            else ${mostInFlight}::int
          end
        )
      end - count(*)::int
    from webhook_deliveries c
    where c.endpoint_id = e.id and c.status = 'pending' and c.claimed_until > ${now}
  )
`

/**
 * Endpoints to which something may be handed now, those first that were longest without. Looked for endpoint by
 * endpoint, so that no backlog of one is ever read.
 */
export async function listWaitingEndpoints(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    with recursive pending as (
      (
        select endpoint_id from webhook_deliveries
        where status = 'pending'
        order by endpoint_id
        limit 1
      )
      union all
      select next.endpoint_id
      from pending p
      cross join lateral (
        select endpoint_id from webhook_deliveries
        where status = 'pending' and endpoint_id > p.endpoint_id
        order by endpoint_id
        limit 1
      ) next
    )
    select e.id
    from pending p
    join webhook_endpoints e on e.id = p.endpoint_id
    where e.status = 'enabled' and not ${isShutOut(db, now)}
      and (
        exists (
          select from webhook_deliveries d where d.endpoint_id = e.id and not d.is_recovery and ${isWaiting(db, now)}
        )
        or exists (
          select from webhook_deliveries d where d.endpoint_id = e.id and d.is_recovery and ${isWaiting(db, now)}
        )
      )
      and ${roomOf(db, now)} > 0
    order by e.paced_until, e.id
    limit ${limit}
  `
  return rows.map(({ id }) => id)
}

export async function listEndpointsOfEvents(db: Db, eventIds: readonly string[]): Promise<string[]> {
  const rows = await db<{ endpoint_id: string }[]>`
    select distinct endpoint_id from webhook_deliveries where event_id = any(${eventIds}::uuid[])
  `
  return rows.map(({ endpoint_id }) => endpoint_id)
}

export interface Claim {
  readonly id: string
  readonly endpoint_id: string
  readonly event_id: string
  readonly attempt: number
  /** When it is to be sent: its retry is due then. */
  readonly next_attempt_at: Date
  /** When its turn is by the rate of its endpoint. */
  readonly turn_at: Date
  readonly place: number
  readonly claimed_until: Date
  /** Nothing was heard of the message before. */
  readonly was_lost: boolean
}

/**
 * Takes what is due at these endpoints, in turns, as far as their rates and what is under way allow: new events before
 * those that a recovery sends again. The caller holds the locks of the endpoints, and has read nothing before them.
 */
export const claimWaiting = (
  tx: Db,
  endpointIds: readonly string[],
  { now, limit }: { readonly now: Date; readonly limit: number },
) => tx<Claim[]>`
  with rooms as (
    select
      e.id, e.rate_per_second, greatest(e.paced_until, ${now}::timestamptz) as paced_from, ${roomOf(tx, now)} as room
    from webhook_endpoints e
    where e.id = any(${endpointIds}::uuid[]) and e.status = 'enabled' and not ${isShutOut(tx, now)}
  ), paces as (
    select
      id, paced_from, interval '1 second' / rate_per_second as pace,
      greatest(0, least(
        room,
        floor(extract(epoch from ${later(now, lookAheadMs)}::timestamptz - paced_from) * rate_per_second)
      ))::int as room
    from rooms
  ), waiting as (
    select
      d.id, p.id as endpoint_id, p.paced_from, p.pace,
      row_number() over (partition by p.id order by d.is_recovery, d.next_attempt_at, d.id) - 1 as place
    from paces p
    cross join lateral (
      (
        select d.id, d.is_recovery, d.next_attempt_at from webhook_deliveries d
        where d.endpoint_id = p.id and not d.is_recovery and ${isWaiting(tx, now)}
        order by d.next_attempt_at, d.id
        limit p.room
      )
      union all
      (
        select d.id, d.is_recovery, d.next_attempt_at from webhook_deliveries d
        where d.endpoint_id = p.id and d.is_recovery and ${isWaiting(tx, now)}
        order by d.next_attempt_at, d.id
        limit p.room
      )
      order by is_recovery, next_attempt_at, id
      limit p.room
    ) d
  ), chosen as (
    select * from waiting order by place, endpoint_id limit ${limit}
  ), paced as (
    update webhook_endpoints e
    set paced_until = c.paced_from + c.pace * c.count
    from (
      select endpoint_id, paced_from, pace, count(*) from chosen group by endpoint_id, paced_from, pace
    ) c
    where e.id = c.endpoint_id
  )
  update webhook_deliveries d
  set
    claimed_until = greatest(d.next_attempt_at, c.paced_from + c.pace * c.place)
      + ${claimMs}::int * interval '1 millisecond',
    lost_claims = d.lost_claims + (d.claimed_until > '-infinity')::int
  from chosen c
  where d.id = c.id
  returning
    d.id, d.endpoint_id, d.event_id, d.attempt_count + 1 as attempt, d.next_attempt_at,
    c.paced_from + c.pace * c.place as turn_at, c.place::int, d.claimed_until, old.claimed_until > '-infinity' as was_lost
`

/** Of messages that the queue has not taken. */
export async function releaseClaims(db: Db, ids: readonly string[]): Promise<void> {
  await db`
    update webhook_deliveries set claimed_until = '-infinity'
    where id = any(${ids}::uuid[]) and status = 'pending'
  `
}
