import { composeMarketplace, type MarketplaceDependencies } from '../../functions/marketplace/compose.ts'
import { marketplaceRoutes } from '../../functions/marketplace/routes.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createRunOnce } from '../../lib/http/idempotency.ts'
import { presets } from '../../lib/products/presets.ts'
import type { CreateProduct } from '../../lib/products/schemas.ts'
import { unlimited } from './api.ts'
import { createCallers } from './callers.ts'
import { testLinks } from './media-links.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { createMemoryStripe } from './memory-stripe.ts'
import { type Person, seedPerson, seedTrack } from './social.ts'

export { expectSound } from './ledger.ts'

/** What the marketplace stands on, with a Stripe of its own, unless something else is given. */
export const marketParts = (
  sql: Sql,
  given: Partial<MarketplaceDependencies> = {},
): MarketplaceDependencies => ({
  sql,
  relay: { flushSoon: async () => {} },
  stripe: createMemoryStripe(given.now && { now: given.now }),
  stripeQueue: { send: async (messages) => messages.map(({ id }) => id) },
  loadStripeSecret: async () => ({ secret_key: 'sk_test_1', webhook_secrets: ['whsec_test'] }),
  licenseKeys: async () => parseKeyRing(JSON.stringify({ kid: 'test', key: 'k'.repeat(64) })),
  media: testLinks,
  exports: createMemoryStorage('exports').exports!,
  settings: { feeBps: 1_000, appUrl: 'https://veza.test', apiUrl: 'https://api.veza.test' },
  ...given,
})

/** The function of the marketplace as one environment would have it, called as whoever is named. */
export function createMarketApi(
  sql: Sql,
  given: Partial<MarketplaceDependencies> = {},
  { remembersKeys = true } = {},
) {
  const { verifyToken, callAs } = createCallers()
  const handler = createApi(marketplaceRoutes, composeMarketplace(marketParts(sql, given)), {
    service: 'marketplace',
    corsOrigins: [],
    takeCall: unlimited,
    runOnce: remembersKeys ? createRunOnce({ sql, ...(given.now && { now: given.now }) }) : (_, run) => run(),
    ...(given.now && { now: given.now }),
    verifyToken,
  })

  return callAs(handler)
}

/** A creator who has done all that Stripe asks for, unless said otherwise. */
export async function seedSeller(sql: Sql, { isOnboarded = true } = {}): Promise<Person> {
  const seller = await seedPerson(sql, undefined, { role: 'creator' })
  await sql`
    insert into sellers (user_id, stripe_account_id, charges_enabled, payouts_enabled, created_at, updated_at)
    values (${seller.id}, ${`acct_${seller.username}`}, ${isOnboarded}, ${isOnboarded}, now(), now())
  `
  return seller
}

interface SeededTier {
  readonly name?: string
  readonly price_amount?: number
  readonly is_price_open?: boolean
  readonly currency?: string
  readonly is_exclusive?: boolean
}

export interface SeededProduct {
  readonly product_id: string
  /** Null of a service. */
  readonly track_id: string | null
  /** In the order of the tiers. */
  readonly tier_ids: readonly [string, ...string[]]
}

interface SeedProductOptions {
  readonly kind?: CreateProduct['kind']
  readonly track_id?: string
  readonly status?: 'draft' | 'published'
  readonly tiers?: readonly SeededTier[]
}

/** On sale, straight into the database: a lease of a public track for 29.99 dollars, unless said otherwise. */
export async function seedProduct(
  sql: Sql,
  seller: Actor,
  { kind = 'track_license', track_id, status = 'published', tiers = [{}] }: SeedProductOptions = {},
): Promise<SeededProduct> {
  const trackId = kind === 'track_license' ? (track_id ?? (await seedTrack(sql, seller))) : null
  const [product] = await sql<[{ id: string }]>`
    insert into products (seller_id, kind, track_id, title, status, created_at, updated_at)
    values (${seller.id}, ${kind}, ${trackId}, 'Low Tide', ${status}, now(), now())
    returning id
  `
  const tierIds: string[] = []
  for (const [position, tier] of tiers.entries()) {
    const { name = 'Lease', price_amount = 2_999, currency = 'usd', is_exclusive = false } = tier
    const { is_price_open = false } = tier
    const { terms, contract } = presets[is_exclusive ? 'exclusive' : 'basic_lease']
    const [row] = await sql<[{ id: string }]>`
      insert into product_tiers (
        product_id, position, name, price_amount, is_price_open, currency, is_exclusive, license, contract, created_at
      ) values (
        ${product.id}, ${position}, ${name}, ${price_amount}, ${is_price_open}, ${currency}, ${is_exclusive},
        ${sql.json(terms)}, ${contract}, now()
      )
      returning id
    `
    tierIds.push(row.id)
  }
  return { product_id: product.id, track_id: trackId, tier_ids: tierIds as [string, ...string[]] }
}

/** That of the exclusive tier of a product, the last one, as an order of somebody else would have left it. */
export async function seedClaim(
  sql: Sql,
  { track_id, product_id, tier_ids }: SeededProduct,
  { state = 'reserved', expires_at = new Date(Date.now() + 1_800_000) } = {},
): Promise<string> {
  const buyer = await seedPerson(sql)
  const [claim] = await sql<[{ id: string }]>`
    with placed as (
      insert into orders (
        buyer_id, currency, subtotal_amount, total_amount, key_hash, expires_at, created_at, updated_at
      ) values (${buyer.id}, 'usd', 50000, 50000, 'key', ${expires_at}, now(), now())
      returning id
    ), items as (
      insert into order_items (
        order_id, position, product_id, tier_id, seller_id, track_id, kind, title, tier_name, is_exclusive, terms,
        contract, price_amount, fee_amount
      )
      select
        placed.id, 0, p.id, ${tier_ids.at(-1)!}, p.seller_id, ${track_id}, p.kind, p.title, '', true, '{}', '-', 50000,
        0
      from placed, products p
      where p.id = ${product_id}
      returning id
    )
    insert into exclusive_claims (track_id, order_item_id, state, expires_at, created_at, updated_at)
    select ${track_id}, id, ${state}, ${expires_at}, now(), now() from items
    returning id
  `
  return claim.id
}
