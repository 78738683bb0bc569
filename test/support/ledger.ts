import { randomUUID } from 'node:crypto'
import type { Db, Sql } from '../../lib/db/client.ts'
import { findBreaches } from '../../lib/ledger/invariants.ts'
import { postSale } from '../../lib/ledger/postings.ts'
import { allocate } from '../../lib/money/allocate.ts'
import { presets } from '../../lib/products/presets.ts'

const { terms } = presets.basic_lease

/** Every rule of money holds. */
export async function expectSound(sql: Sql): Promise<void> {
  expect(await findBreaches(sql)).toEqual([])
}

export interface ItemSeed {
  readonly seller_id: string
  readonly due: number
  readonly discount?: number
  readonly fee_bps?: number
  /** All the seller's, unless said otherwise. */
  readonly splits?: readonly { readonly user_id: string; readonly split_bps: number }[]
}

export interface SeededOrder {
  readonly id: string
  readonly total: number
  readonly currency: string
  /** In the order they were given. */
  readonly items: readonly { readonly id: string; readonly due: number }[]
}

/** An unpaid order of services, straight into the database. */
export async function seedOrder(
  sql: Sql,
  buyerId: string,
  seeds: readonly ItemSeed[],
  currency = 'usd',
): Promise<SeededOrder> {
  const discount = seeds.reduce((sum, { discount = 0 }) => sum + discount, 0)
  const total = seeds.reduce((sum, { due }) => sum + due, 0)
  const now = new Date()
  const [order] = await sql<[{ id: string }]>`
    insert into orders ${sql({
      buyer_id: buyerId,
      currency,
      subtotal_amount: total + discount,
      discount_amount: discount,
      total_amount: total,
      key_hash: Buffer.from(randomUUID()),
      expires_at: now,
      created_at: now,
      updated_at: now,
    })}
    returning id
  `
  const items: SeededOrder['items'][number][] = []
  for (const [position, seed] of seeds.entries()) {
    items.push({ id: await seedItem(sql, order.id, position, seed, currency), due: seed.due })
  }
  return { id: order.id, total, currency, items }
}

async function seedItem(sql: Sql, orderId: string, position: number, seed: ItemSeed, currency: string) {
  const { seller_id, due, discount = 0, fee_bps = 1_000 } = seed
  const splits = seed.splits ?? [{ user_id: seller_id, split_bps: 10_000 }]
  const [fee = 0, net = 0] = allocate(due, [fee_bps, 10_000 - fee_bps])
  const parts = allocate(
    net,
    splits.map(({ split_bps }) => split_bps),
  )
  const { product_id, tier_id } = await seedService(sql, seller_id, due + discount, currency)
  const [item] = await sql<[{ id: string }]>`
    insert into order_items (
      order_id, position, product_id, tier_id, seller_id, kind, title, tier_name, is_exclusive, terms, contract,
      price_amount, discount_amount, fee_amount
    ) values (
      ${orderId}, ${position}, ${product_id}, ${tier_id}, ${seller_id}, 'service', 'Mixing', 'Basic', false, ${sql.json(terms)}, '-',
      ${due + discount}, ${discount}, ${fee}
    )
    returning id
  `
  for (const [at, { user_id, split_bps }] of splits.entries()) {
    if (parts[at] === 0) continue
    await sql`
      insert into order_item_shares ${sql({ order_item_id: item.id, user_id, split_bps, amount: parts[at]! })}
    `
  }
  return item.id
}

async function seedService(sql: Sql, sellerId: string, price: number, currency: string) {
  const [row] = await sql<[{ product_id: string; tier_id: string }]>`
    with product as (
      insert into products (seller_id, kind, title, status, created_at, updated_at)
      values (${sellerId}, 'service', 'Mixing', 'published', now(), now())
      returning id
    )
    insert into product_tiers (product_id, position, name, price_amount, currency, license, contract, created_at)
    select id, 0, 'Basic', ${price}, ${currency}, ${sql.json(terms)}, '-', now() from product
    returning product_id, id as tier_id
  `
  return row
}

/** The order is paid, as its settlement would write it; answers with the id of its payment. */
export async function paySeeded(sql: Sql, order: SeededOrder, now = new Date()): Promise<string> {
  const payment = `pi_${randomUUID()}`
  await sql.begin(async (tx) => {
    await markSeededPaid(tx, order, now)
    await postSale(tx, { order_id: order.id, external_id: payment }, now)
  })
  return payment
}

/** Without any money, as what is free. */
export async function markSeededPaid(db: Db, { id }: SeededOrder, now = new Date()): Promise<void> {
  await db`
    with next as (update sequences set value = value + 1 where name = 'order' returning value)
    update orders
    set status = 'paid', paid_at = ${now}, updated_at = ${now}, number = next.value
    from next
    where id = ${id}
  `
}

export type Balance = Record<'pending' | 'available' | 'held' | 'in_transit', number>

export async function readBalance(sql: Sql, userId: string, currency = 'usd'): Promise<Balance> {
  const [row] = await sql<[Balance?]>`
    select pending, available, held, in_transit from balances where user_id = ${userId} and currency = ${currency}
  `
  return row ?? { pending: 0, available: 0, held: 0, in_transit: 0 }
}

/** What an account that is nobody's has. */
export async function readAccount(sql: Sql, account: string, currency = 'usd'): Promise<number> {
  const [row] = await sql<[{ sum: number }]>`
    select coalesce(sum(amount), 0)::bigint as sum from ledger_entries
    where account = ${account} and currency = ${currency}
  `
  return row.sum
}
