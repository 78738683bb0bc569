import { randomUUID } from 'node:crypto'
import type { MarketplaceDependencies } from '../../functions/marketplace/compose.ts'
import { marketplaceRoutes } from '../../functions/marketplace/routes.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import type { CreateOrder } from '../../lib/orders/schemas.ts'
import { createSettlement } from '../../lib/orders/settlement.ts'
import { createMarketApi, marketParts, type SeededProduct } from './market.ts'
import { createMemoryStripe, type MemoryStripe } from './memory-stripe.ts'

const { createOrder, getOrder, cancelOrder } = marketplaceRoutes

/** The first tier of each product. */
export const itemsOf = (...products: readonly SeededProduct[]) =>
  products.map(({ product_id, tier_ids: [tier_id] }) => ({ product_id, tier_id }))

export interface ShopOptions extends Partial<MarketplaceDependencies> {
  readonly stripe?: MemoryStripe
}

/** Buyers order by the routes, pay at Stripe, and its worker settles what they have paid. */
export function createShop(sql: Sql, options: ShopOptions = {}) {
  const stripe = options.stripe ?? createMemoryStripe(options.now && { now: options.now })
  const given = { ...options, stripe }
  const api = createMarketApi(sql, given)
  const settlement = createSettlement(marketParts(sql, given))

  const order = (
    buyer: Actor,
    items: CreateOrder['items'],
    { key = randomUUID(), ...more }: Partial<CreateOrder> & { readonly key?: string } = {},
  ) => api(createOrder, buyer, { body: { items, ...more }, headers: { 'idempotency-key': key } })

  /** The payment of an order that can be paid. */
  async function orderPayable(...args: Parameters<typeof order>) {
    const { status, body, text } = await order(...args)
    if (status !== 201 || !body.payment) throw new Error(text)
    return { ...body, intent_id: body.payment.payment_intent_id }
  }

  return {
    api,
    stripe,
    settlement,
    order,
    orderPayable,
    read: (buyer: Actor, order_id: string) => api(getOrder, buyer, { params: { order_id } }),
    cancel: (buyer: Actor, order_id: string) => api(cancelOrder, buyer, { params: { order_id } }),
    /** Of the buyer, told to the worker. */
    async pay(intentId: string) {
      const intent = stripe.pay(intentId)
      await settlement.settleIntent(intent)
      return intent
    },
  }
}

export type Shop = ReturnType<typeof createShop>

/** Where an order stands, and how it got there. */
export async function historyOf(sql: Sql, orderId: string): Promise<string[]> {
  const rows = await sql<{ to_status: string }[]>`
    select to_status from order_history where order_id = ${orderId} order by id
  `
  return rows.map(({ to_status }) => to_status)
}

export async function eventsOf(sql: Sql, orderId: string): Promise<string[]> {
  const rows = await sql<{ type: string }[]>`
    select type from outbox where payload ->> 'order_id' = ${orderId} order by id
  `
  return rows.map(({ type }) => type)
}
