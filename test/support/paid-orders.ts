import { randomBytes, randomUUID } from 'node:crypto'
import type { Actor } from '../../lib/auth/actor.ts'
import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import type { Sql } from '../../lib/db/client.ts'
import type { Terms } from '../../lib/products/terms.ts'
import { seedTrack } from './social.ts'

export const apiUrl = 'https://api.veza.test'

/** The secret of the keys that sign certificates, which can be rotated. */
export function createLicenseKeys(kid = 'license-1') {
  const secretOf = () => ({ key: randomBytes(32).toString('base64url') })
  let secret = JSON.stringify({ kid, ...secretOf() })
  return {
    load: async () => parseKeyRing(secret),
    rotate: (next: string) => {
      secret = JSON.stringify({ kid: next, ...secretOf() })
    },
  }
}

export const basicTerms: Terms = {
  distribution_copies: 2_000,
  audio_streams: 100_000,
  music_videos: 1,
  monetised_video_views: 0,
  non_monetised_video_views: null,
  radio_stations: 2,
  paid_performances: 10,
  term_years: 5,
  territory: null,
  sync_allowed: false,
  credit_required: true,
  publishing_split_bps: 5_000,
  files: ['master', 'mp3'],
}

export interface ItemOptions {
  readonly seller: Actor
  /** Of a pack the one track is in it, a service has none. */
  readonly kind?: 'track_license' | 'sample_pack' | 'service'
  readonly title?: string
  readonly track_title?: string
  readonly tier_name?: string
  readonly contract?: string
  readonly terms?: Terms
  readonly price_amount?: number
  readonly discount_amount?: number
}

/** An item of an order to come, with the product and the track it is about. */
export async function seedItem(sql: Sql, options: ItemOptions) {
  const {
    seller,
    kind = 'track_license',
    title = 'Low Tide',
    track_title = 'Low Tide',
    tier_name = 'Basic',
  } = options
  const { contract = 'A contract', terms = basicTerms, price_amount = 2_999, discount_amount = 0 } = options
  const recording = await seedTrack(sql, seller)
  const track_id = kind === 'track_license' ? recording : null
  await sql`update tracks set title = ${track_title} where id = ${recording}`
  await sql`update track_versions set sha256 = ${randomBytes(32).toString('hex')} where track_id = ${recording}`
  const [product] = await sql<[{ id: string }]>`
    insert into products ${sql({
      seller_id: seller.id,
      kind,
      track_id,
      title,
      status: 'published',
      created_at: new Date(),
      updated_at: new Date(),
    })} returning id
  `
  if (kind === 'sample_pack') {
    await sql`insert into product_tracks ${sql({ product_id: product.id, track_id: recording, position: 0 })}`
  }
  const [tier] = await sql<[{ id: string }]>`
    insert into product_tiers ${sql({
      product_id: product.id,
      position: 0,
      name: tier_name,
      price_amount,
      currency: 'usd',
      license: sql.json(terms),
      contract,
      created_at: new Date(),
    })} returning id
  `
  return {
    product_id: product.id,
    tier_id: tier.id,
    seller_id: seller.id,
    track_id,
    track_ids: kind === 'sample_pack' ? [recording] : [],
    kind,
    title,
    tier_name,
    is_exclusive: false,
    terms,
    contract,
    price_amount,
    discount_amount,
    fee_amount: 0,
  }
}

type Item = Awaited<ReturnType<typeof seedItem>>

/** An order that is paid for, straight into the database. */
export async function seedPaidOrder(sql: Sql, buyer: Actor, items: readonly Item[], now = new Date()) {
  const sum = (name: 'price_amount' | 'discount_amount') => items.reduce((all, item) => all + item[name], 0)
  const [subtotal_amount, discount_amount] = [sum('price_amount'), sum('discount_amount')]
  const [order] = await sql<[{ id: string }]>`
    insert into orders ${sql({
      buyer_id: buyer.id,
      currency: 'usd',
      subtotal_amount,
      discount_amount,
      total_amount: subtotal_amount - discount_amount,
      key_hash: randomBytes(32),
      expires_at: now,
      created_at: now,
      updated_at: now,
    })} returning id
  `
  const rows = items.map((item, position) => ({
    ...item,
    id: randomUUID(),
    order_id: order.id,
    position,
    terms: sql.json(item.terms),
  }))
  await sql`insert into order_items ${sql(rows)}`
  await sql`
    update orders
    set status = 'paid', paid_at = ${now}, number = (select count(*) + 1 from orders where number is not null)
    where id = ${order.id}
  `
  return { id: order.id, item_ids: rows.map(({ id }) => id) }
}

/** Money that went back, by item of the order. */
export async function seedRefund(sql: Sql, orderId: string, amounts: Readonly<Record<string, number>>) {
  const [refund] = await sql<[{ id: string }]>`
    insert into refunds ${sql({
      order_id: orderId,
      amount: Object.values(amounts).reduce((all, amount) => all + amount, 0),
      currency: 'usd',
      reason: 'requested_by_customer',
      status: 'succeeded',
      created_at: new Date(),
    })} returning id
  `
  const rows = Object.entries(amounts).map(([order_item_id, amount]) => ({
    refund_id: refund.id,
    order_item_id,
    amount,
  }))
  await sql`insert into refund_items ${sql(rows)}`
  return refund.id
}
