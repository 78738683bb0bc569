import { marketplaceRoutes } from '../../functions/marketplace/routes.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import type { SeededProduct } from './market.ts'
import type { Shop } from './shop.ts'

const { makeOffer, acceptOffer, declineOffer, counterOffer, withdrawOffer, getOffer } = marketplaceRoutes

/** What buyers and sellers do about offers, by the routes. */
export function createHaggling({ api, order }: Pick<Shop, 'api' | 'order'>) {
  const at = (offer_id: string) => ({ params: { offer_id } })
  return {
    /** For the first tier. */
    make: (buyer: Actor, { product_id, tier_ids }: SeededProduct, amount: number, message = '') =>
      api(makeOffer, buyer, { body: { product_id, tier_id: tier_ids[0], amount, message } }),
    read: (actor: Actor, id: string) => api(getOffer, actor, at(id)),
    accept: (actor: Actor, id: string) => api(acceptOffer, actor, at(id)),
    decline: (actor: Actor, id: string) => api(declineOffer, actor, at(id)),
    counter: (actor: Actor, id: string, amount: number) =>
      api(counterOffer, actor, { ...at(id), body: { amount } }),
    withdraw: (actor: Actor, id: string) => api(withdrawOffer, actor, at(id)),
    /** Of the first tier, for what was agreed on. */
    orderFor: (
      buyer: Actor,
      { product_id, tier_ids }: SeededProduct,
      offer_id: string,
      more: Parameters<Shop['order']>[2] = {},
    ) => order(buyer, [{ product_id, tier_id: tier_ids[0], offer_id }], more),
  }
}
