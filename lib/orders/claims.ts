import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { dayMs, earlier } from '../time.ts'

/**
 * Whoever makes, sells or ends a claim holds the lock of its track: so what they find of the others stays, and what
 * hangs on the track follows.
 */

interface NewClaim {
  readonly order_item_id: string
  readonly track_id: string
}

/** How many tracks a buyer may have reserved at once, and how often a day the same one without paying. */
const mostReserved = 10
const mostUnpaid = 3

/** Refuses who keeps from others what they do not pay for. The caller holds the lock of the buyer. */
export async function mustNotHoard(
  tx: Db,
  buyerId: string,
  trackIds: readonly string[],
  now: Date,
): Promise<void> {
  const [held] = await tx<[{ reserved: number; unpaid: number }]>`
    select coalesce(sum(reserved), 0)::int as reserved,
      coalesce(max(made) filter (where track_id = any(${trackIds}::uuid[])), 0)::int as unpaid
    from (
      select c.track_id, count(*) as made,
        count(*) filter (where c.state = 'reserved' and c.expires_at > ${now}) as reserved
      from orders o
      join order_items i on i.order_id = o.id
      join exclusive_claims c on c.order_item_id = i.id
      where o.buyer_id = ${buyerId} and o.created_at > ${earlier(now, dayMs)} and o.paid_at is null
      group by c.track_id
    ) made
  `
  if (held.reserved + trackIds.length > mostReserved) {
    throw new AppError('exclusive_unavailable', `At most ${mostReserved} can be reserved at once`)
  }
  if (held.unpaid >= mostUnpaid) {
    throw new AppError('exclusive_unavailable', 'It was reserved and not paid too often today')
  }
}

/** Refuses where somebody else has one of the tracks, or is paying for it in time. */
export async function reserveTracks(
  tx: Db,
  claims: readonly NewClaim[],
  until: Date,
  now: Date,
): Promise<void> {
  const rows = claims.map((claim) => ({ ...claim, expires_at: until, created_at: now, updated_at: now }))
  await letLapse(
    tx,
    claims.map(({ track_id }) => track_id),
    now,
  )
  const { count } = await tx`insert into exclusive_claims ${tx(rows)} on conflict do nothing`
  if (count < claims.length) throw new AppError('exclusive_unavailable')
}

/** Those that were not paid in time. */
export async function letLapse(tx: Db, trackIds: readonly string[], now: Date): Promise<void> {
  await tx`
    update exclusive_claims
    set state = 'lapsed', updated_at = ${now}
    where track_id = any(${trackIds}::uuid[]) and state = 'reserved' and expires_at <= ${now}
  `
}

/** Those that an order has or had. */
export async function listClaimedTracks(db: Db, orderId: string): Promise<string[]> {
  const rows = await db<{ track_id: string }[]>`
    select c.track_id
    from exclusive_claims c
    join order_items i on i.id = c.order_item_id
    where i.order_id = ${orderId}
  `
  return rows.map(({ track_id }) => track_id)
}

/**
 * Makes all tracks of an order the buyer's, also where it was paid after their time, unless somebody else has one by
 * now. False, and nothing is changed, where that is so.
 */
export async function sellTracks(tx: Db, orderId: string, now: Date): Promise<boolean> {
  const trackIds = await listClaimedTracks(tx, orderId)
  if (trackIds.length === 0) return true
  const others = await tx`
    select from exclusive_claims c
    join order_items i on i.id = c.order_item_id
    where c.track_id = any(${trackIds}::uuid[]) and i.order_id <> ${orderId}
      and (c.state = 'sold' or (c.state = 'reserved' and c.expires_at > ${now}))
    limit 1
  `
  if (others.length > 0) return false
  await tx`
    update exclusive_claims set state = 'lapsed', updated_at = ${now}
    where track_id = any(${trackIds}::uuid[]) and state = 'reserved'
      and order_item_id not in (select id from order_items where order_id = ${orderId})
  `
  await tx`
    update exclusive_claims set state = 'sold', updated_at = ${now}
    where order_item_id in (select id from order_items where order_id = ${orderId}) and state <> 'sold'
  `
  return true
}

/** Lets others have the tracks of an order: `lapsed` where a late payment may still take them, `released` for good. */
export async function endClaims(
  tx: Db,
  orderId: string,
  state: 'lapsed' | 'released',
  now: Date,
): Promise<void> {
  await tx`
    update exclusive_claims set state = ${state}, updated_at = ${now}
    where order_item_id in (select id from order_items where order_id = ${orderId})
      and state in ('reserved', 'lapsed')
  `
}

/** Nobody has the tracks of these items for themselves any more; answers which they are. */
export async function giveUpTracks(
  tx: Db,
  orderId: string,
  itemIds: readonly string[] | undefined,
  now: Date,
): Promise<string[]> {
  const rows = await tx<{ track_id: string }[]>`
    update exclusive_claims c set state = 'released', updated_at = ${now}
    from order_items i
    where i.id = c.order_item_id and i.order_id = ${orderId} and c.state = 'sold'
      ${itemIds ? tx`and i.id = any(${itemIds}::uuid[])` : tx``}
    returning c.track_id
  `
  return rows.map(({ track_id }) => track_id)
}

export async function listLapsedTracks(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await db<{ track_id: string }[]>`
    select track_id from exclusive_claims where state = 'reserved' and expires_at <= ${now} limit ${limit}
  `
  return rows.map(({ track_id }) => track_id)
}
