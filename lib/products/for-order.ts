import type { Db } from '../db/client.ts'
import { lockTracks } from '../tracks/locks.ts'
import { isAvailable, isTaken, isVisible, productTables } from './columns.ts'
import type { Product } from './schemas.ts'
import type { Terms } from './terms.ts'

export interface Wanted {
  readonly product_id: string
  readonly tier_id: string
}

/** A tier as it is offered now. */
export interface Orderable extends Wanted {
  readonly seller_id: string
  readonly track_id: string | null
  /** What is in it where it is a sample pack, in its order. */
  readonly track_ids: readonly string[]
  readonly kind: Product['kind']
  readonly title: string
  readonly tier_name: string
  readonly is_exclusive: boolean
  readonly terms: Terms
  readonly contract: string
  readonly price_amount: number
  /** The buyer names the price; `price_amount` is the least. */
  readonly is_price_open: boolean
  /** Whether Stripe lets the seller be paid. */
  readonly takes_payments: boolean
  readonly currency: string
  /** `replaced`: the product has other tiers by now. `taken`: somebody has, or is paying for, the exclusive licence. */
  readonly availability: 'available' | 'unavailable' | 'replaced' | 'taken'
}

/**
 * What is wanted, in its order, for a transaction that orders it: until its end no product of these is changed, and of
 * what is exclusive nothing else is sold. What the buyer may not see is left out. A reservation that is over takes
 * nothing, although it may still be there.
 */
export async function lockForOrder(
  tx: Db,
  buyerId: string,
  wanted: readonly Wanted[],
  now: Date,
): Promise<Orderable[]> {
  const tierIds = wanted.map(({ tier_id }) => tier_id)
  const productIds = wanted.map(({ product_id }) => product_id)
  const exclusive = tx`
    select p.track_id from product_tiers r join products p on p.id = r.product_id
    where r.id = any(${tierIds}::uuid[]) and r.is_exclusive
  `
  await lockTracks(tx, tx`t.id in (${exclusive})`)
  await tx`select from products where id = any(${productIds}::uuid[]) order by id for share`
  return tx<Orderable[]>`
    select
      p.id as product_id, r.id as tier_id, p.seller_id, p.track_id,
      array(select i.track_id from product_tracks i where i.product_id = p.id order by i.position) as track_ids,
      p.kind, p.title, r.name as tier_name,
      r.is_exclusive, r.license as terms, r.contract, r.price_amount, r.is_price_open, r.currency,
      coalesce(s.takes_payments, false) as takes_payments,
      case
        when r.is_exclusive and ${isTaken(tx, now)} then 'taken'
        when r.removed_at is not null then 'replaced'
        when ${isAvailable(tx, now)} then 'available'
        else 'unavailable'
      end as availability
    from unnest(${productIds}::uuid[], ${tierIds}::uuid[]) with ordinality as wanted (product_id, tier_id, place)
    join ${productTables(tx)} on p.id = wanted.product_id
    join product_tiers r on r.id = wanted.tier_id and r.product_id = p.id
    where ${isVisible(tx, { id: buyerId })}
    order by wanted.place
  `
}

/** Takes all off sale that is sold of tracks which the caller holds the locks of: somebody has them for themselves. */
export async function markSold(tx: Db, trackIds: readonly string[], now: Date): Promise<void> {
  const which = tx`track_id = any(${trackIds}::uuid[]) and status in ('draft', 'published')`
  await tx`select from products where ${which} order by id for no key update`
  await tx`
    update products set status = 'sold', updated_at = ${now}, revision = revision + 1 where ${which}
  `
}

/** Its seller may offer again what was sold of these tracks, whose locks the caller holds: the buyer has it no more. */
export async function markUnsold(tx: Db, trackIds: readonly string[], now: Date): Promise<void> {
  const which = tx`track_id = any(${trackIds}::uuid[]) and status = 'sold'`
  await tx`select from products where ${which} order by id for no key update`
  await tx`
    update products set status = 'draft', updated_at = ${now}, revision = revision + 1 where ${which}
  `
}
