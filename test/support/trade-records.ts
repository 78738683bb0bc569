import { randomUUID } from 'node:crypto'
import type { Sql } from '../../lib/db/client.ts'
import { presets } from '../../lib/products/presets.ts'

/** A licence as its issue would leave it, of an order that was completed. */
export async function seedLicense(sql: Sql, orderItemId: string): Promise<{ id: string; serial: string }> {
  await sql`
    insert into license_keys (kid, public_jwk, created_at) values ('test', '{}', now()) on conflict do nothing
  `
  const serial = `VZ-${randomUUID().slice(0, 19).toUpperCase()}`
  const [license] = await sql<[{ id: string }]>`
    insert into licenses (
      serial, order_item_id, buyer_id, seller_id, product_id, tier_id, terms, contract, track_id, document, jws, kid,
      downloads_until, issued_at, status_at
    )
    select
      ${serial}, i.id, o.buyer_id, i.seller_id, i.product_id, i.tier_id, ${sql.json(presets.basic_lease.terms)}, '-',
      i.track_id, '{}', '-', 'test', now(), now(), now()
    from order_items i
    join orders o on o.id = i.order_id
    where i.id = ${orderItemId}
    returning id
  `
  return { ...license, serial }
}

/** Paid before; every item gets its licence. */
export async function completeSeeded(sql: Sql, orderId: string): Promise<void> {
  const items = await sql<
    { id: string }[]
  >`select id from order_items where order_id = ${orderId} order by position`
  for (const { id } of items) await seedLicense(sql, id)
  await sql`
    update orders set status = 'completed', completed_at = now(), updated_at = now() where id = ${orderId}
  `
}

/** What the item is a licence of. */
export async function makeTrackItem(
  sql: Sql,
  orderItemId: string,
  trackId: string,
  { is_exclusive = false } = {},
): Promise<void> {
  await sql`update order_items set track_id = ${trackId}, is_exclusive = ${is_exclusive} where id = ${orderItemId}`
}

interface RefundSeed {
  readonly order_id: string
  readonly items: readonly { readonly order_item_id: string; readonly amount: number }[]
  readonly reason?: string
}

/** Settled; the movement of it is up to the caller. */
export async function seedRefund(sql: Sql, { order_id, items, reason = 'duplicate' }: RefundSeed) {
  const stripe_refund_id = `re_${randomUUID()}`
  const amount = items.reduce((sum, item) => sum + item.amount, 0)
  const [refund] = await sql<[{ id: string }]>`
    insert into refunds (order_id, amount, currency, reason, status, stripe_refund_id, created_at, settled_at)
    select id, ${amount}, currency, ${reason}, 'succeeded', ${stripe_refund_id}, now(), now()
    from orders where id = ${order_id}
    returning id
  `
  for (const item of items) await sql`insert into refund_items ${sql({ refund_id: refund.id, ...item })}`
  return { id: refund.id, stripe_refund_id }
}
