import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { offer as offerView } from '../../offers/schemas.ts'
import { personOf } from '../../users/person.ts'
import { definePublicEvent } from '../define.ts'

const offer = z.pick(offerView, {
  id: true,
  product_id: true,
  tier_id: true,
  title: true,
  tier_name: true,
  buyer: true,
  seller: true,
  amount: true,
  counter_amount: true,
  currency: true,
  message: true,
  status: true,
  expires_at: true,
  accepted_at: true,
  payable_until: true,
  order_id: true,
  created_at: true,
  updated_at: true,
})
const data = z.object({ role: z.enum(['buyer', 'seller']), offer })
type Offer = z.output<typeof offer>

async function findOffer(db: Db, id: string): Promise<Offer | undefined> {
  const [row] = await db<[Offer?]>`
    select
      f.id, f.product_id, f.tier_id, p.title, r.name as tier_name, ${personOf(db, 'b')} as buyer,
      ${personOf(db, 's')} as seller, f.amount, f.counter_amount, f.currency, f.message, f.status, f.expires_at,
      f.accepted_at, f.payable_until, f.order_id, f.created_at, f.updated_at
    from offers f
    join products p on p.id = f.product_id
    join product_tiers r on r.id = f.tier_id
    join users b on b.id = f.buyer_id
    join users s on s.id = f.seller_id
    where f.id = ${id}
  `
  return row
}

/** Both sides, whoever did it. */
async function build(db: Db, { offer_id }: { readonly offer_id: string }) {
  const found = await findOffer(db, offer_id)
  if (!found) return []
  return [
    { account_id: found.buyer.id, data: { role: 'buyer', offer: found } as const },
    { account_id: found.seller.id, data: { role: 'seller', offer: found } as const },
  ]
}

const exampleOffer = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9201',
  product_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9102',
  tier_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9103',
  title: 'Low Tide',
  tier_name: 'Lease',
  buyer: { id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9106', username: 'bob', display_name: 'Bob' },
  seller: { id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9104', username: 'alice', display_name: 'Alice' },
  amount: 2_000,
  counter_amount: null,
  currency: 'usd',
  message: 'It would fit a short film of mine',
  status: 'open',
  expires_at: '2026-12-08T09:00:00.000Z',
  accepted_at: null,
  payable_until: null,
  order_id: null,
  created_at: '2026-12-01T09:00:00.000Z',
  updated_at: '2026-12-01T09:00:00.000Z',
} as const

const shared = { version: '2026-12-01', resource: 'offer', data, build } as const

const offerMade = definePublicEvent({
  ...shared,
  type: 'offer.made',
  description: 'A buyer offered a price of their own. To both sides.',
  example: { role: 'seller', offer: exampleOffer },
})

const offerCountered = definePublicEvent({
  ...shared,
  type: 'offer.countered',
  description: 'The seller named another price. To both sides.',
  example: { role: 'buyer', offer: { ...exampleOffer, status: 'countered', counter_amount: 2_500 } },
})

const offerAccepted = definePublicEvent({
  ...shared,
  type: 'offer.accepted',
  description: 'Both agree on a price, for which the buyer can order until `payable_until`. To both sides.',
  example: {
    role: 'buyer',
    offer: {
      ...exampleOffer,
      status: 'accepted',
      accepted_at: '2026-12-02T09:00:00.000Z',
      payable_until: '2026-12-04T09:00:00.000Z',
    },
  },
})

const offerDeclined = definePublicEvent({
  ...shared,
  type: 'offer.declined',
  description: 'An offer, or the price that the seller named, was declined. To both sides.',
  example: { role: 'buyer', offer: { ...exampleOffer, status: 'declined' } },
})

export const offerEvents = [offerMade, offerCountered, offerAccepted, offerDeclined] as const
