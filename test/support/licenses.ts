import { randomInt, randomUUID } from 'node:crypto'
import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createIssuer } from '../../lib/licenses/issuing.ts'
import type { DeliveredFile } from '../../lib/products/terms.ts'
import { dayMs, later } from '../../lib/time.ts'
import { apiUrl, basicTerms } from './paid-orders.ts'

export interface Sale {
  readonly seller: { readonly id: string }
  readonly buyer: { readonly id: string }
  readonly track_id: string
  readonly formats?: readonly DeliveredFile[]
  readonly price?: number
  readonly now?: Date
  readonly ip?: string
}

/** The same in every test file, some of which share the database of the platform. */
const licenseKeys = async () => parseKeyRing(JSON.stringify({ kid: 'k1', key: 'k'.repeat(64) }))

/** A licence as a completed order leaves it behind, with its files; it cost nothing unless said otherwise. */
export async function sellLicense(sql: Sql, sale: Sale) {
  const {
    seller,
    buyer,
    track_id,
    formats = ['master'],
    price = 0,
    now = new Date(),
    ip = '192.0.2.9',
  } = sale
  const issueLicenses = await createIssuer({ licenseKeys, apiUrl }).prepare()
  return sql.begin(async (tx) => {
    const [product] = await tx<[{ id: string }]>`
      insert into products (seller_id, kind, track_id, title, status, created_at, updated_at)
      values (${seller.id}, 'track_license', ${track_id}, 'Low Tide', 'published', ${now}, ${now})
      returning id
    `
    const terms = { ...basicTerms, files: [...formats] }
    const contract = 'The producer grants the customer a licence.'
    const [tier] = await tx<[{ id: string }]>`
      insert into product_tiers (product_id, position, name, price_amount, currency, license, contract, created_at)
      values (${product.id}, 0, 'Basic', ${price}, 'eur', ${tx.json(terms)}, ${contract}, ${now})
      returning id
    `
    const [order] = await tx<[{ id: string }]>`
      insert into orders (
        buyer_id, currency, subtotal_amount, total_amount, key_hash, payment_intent_id, charge_id, buyer_ip,
        buyer_user_agent, expires_at, created_at, updated_at
      ) values (
        ${buyer.id}, 'eur', ${price}, ${price}, ${Buffer.from(randomUUID())}, ${`pi_${randomUUID()}`},
        ${`ch_${randomUUID()}`}, ${ip}, 'test browser', ${later(now, dayMs)}, ${now}, ${now}
      )
      returning id
    `
    await tx`
      update orders set status = 'paid', paid_at = ${now}, number = ${-randomInt(2 ** 47)}
      where id = ${order.id}
    `
    await tx`update orders set status = 'completed', completed_at = ${now} where id = ${order.id}`
    const [item] = await tx<[{ id: string }]>`
      insert into order_items (
        order_id, position, product_id, tier_id, seller_id, track_id, kind, title, tier_name, is_exclusive, terms,
        contract, price_amount, fee_amount
      ) values (
        ${order.id}, 0, ${product.id}, ${tier.id}, ${seller.id}, ${track_id}, 'track_license', 'Low Tide', 'Basic',
        false, ${tx.json(terms)}, ${contract}, ${price}, 0
      )
      returning id
    `
    const [license] = await issueLicenses(tx, order.id, now)
    return { license_id: license!.license_id, order_id: order.id, product_id: product.id, item_id: item.id }
  })
}
