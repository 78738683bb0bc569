import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Orderable } from '../products/for-order.ts'

interface Wanted {
  readonly tier_id: string
  readonly offer_id?: string | undefined
}

/** What is ordered, for its own price or for what was agreed on. */
export interface Agreed extends Orderable {
  readonly offer_id: string | null
}

interface PayableOffer {
  readonly id: string
  readonly tier_id: string
  readonly price_amount: number
}

/** At the prices of the offers that are named; refuses where one of them is not the buyer's to order by now. */
export async function applyOffers(
  tx: Db,
  buyerId: string,
  offered: readonly Orderable[],
  wanted: readonly Wanted[],
  now: Date,
): Promise<Agreed[]> {
  const ids = wanted.flatMap(({ offer_id }) => offer_id ?? [])
  const offers = ids.length === 0 ? [] : await listPayable(tx, buyerId, ids, now)
  const named = new Map(wanted.map(({ tier_id, offer_id }) => [tier_id, offer_id]))
  return offered.map((item) => {
    const offerId = named.get(item.tier_id)
    if (offerId === undefined) return { ...item, offer_id: null }
    const offer = offers.find(({ id, tier_id }) => id === offerId && tier_id === item.tier_id)
    if (!offer) throw new AppError('offer_not_payable')
    return { ...item, offer_id: offer.id, price_amount: offer.price_amount }
  })
}

const listPayable = (tx: Db, buyerId: string, ids: readonly string[], now: Date) => tx<PayableOffer[]>`
  select id, tier_id, coalesce(counter_amount, amount) as price_amount
  from offers
  where id = any(${ids}::uuid[]) and buyer_id = ${buyerId} and status = 'accepted' and payable_until > ${now}
`

/** Each is ordered once; refuses where one was withdrawn since it was looked at. */
export async function orderOffers(tx: Db, orderId: string, ids: readonly string[], now: Date): Promise<void> {
  await tx`select from offers where id = any(${ids}::uuid[]) order by id for no key update`
  const { count } = await tx`
    update offers set status = 'ordered', order_id = ${orderId}, revision = revision + 1, updated_at = ${now}
    where id = any(${ids}::uuid[]) and status = 'accepted'
  `
  if (count < ids.length) throw new AppError('offer_not_payable')
}

/** Those of an order that comes to nothing can be ordered again, while their time is not over. */
export async function giveBackOffers(tx: Db, orderId: string, now: Date): Promise<void> {
  await tx`
    update offers
    set status = case when payable_until > ${now} then 'accepted' else 'expired' end, order_id = null,
      revision = revision + 1, updated_at = ${now}
    where id in (select id from offers where order_id = ${orderId} order by id for update)
  `
}

/** Takes them again for an order that is paid after all, unless they were ordered anew. */
export async function retakeOffers(tx: Db, orderId: string, now: Date): Promise<void> {
  await tx`
    update offers set status = 'ordered', order_id = ${orderId}, revision = revision + 1, updated_at = ${now}
    where id in (
      select f.id from offers f
      where f.id in (select offer_id from order_items where order_id = ${orderId} and offer_id is not null)
        and f.status in ('accepted', 'expired')
      order by f.id
      for update
    )
  `
}
