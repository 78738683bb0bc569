import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { releaseDueShares } from '../../../lib/ledger/release.ts'
import { expireOrders, lapseClaims } from '../../../lib/orders/sweep.ts'
import { payDueSellers } from '../../../lib/payouts/weekly.ts'
import { dayMs, later } from '../../../lib/time.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, readBalance } from '../../support/ledger.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, historyOf, itemsOf } from '../../support/shop.ts'
import { type Person, seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
let time = new Date()
const shop = createShop(sql, { now: () => time })

beforeEach(() => {
  time = new Date()
})
afterEach(() => expectSound(sql))

/** Ends the account as the clock does once its days of grace are over. */
async function leave({ id }: Person) {
  await sql`update users set deletes_at = ${time} where id = ${id}`
  expect(await buryDueAccount(sql, time)).toBe(1)
}

const lastOf = async (orderId: string) => (await historyOf(sql, orderId)).at(-1)

describe('a buyer who leaves', () => {
  test('holds nothing any more that was not paid, so that others may have it', async () => {
    const [seller, buyer, other] = [await seedSeller(sql), await seedPerson(sql), await seedPerson(sql)]
    const product = await seedProduct(sql, seller, { tiers: [{ is_exclusive: true, price_amount: 50_000 }] })
    const { id, intent_id } = await shop.orderPayable(buyer, itemsOf(product))
    expect((await shop.order(other, itemsOf(product))).problem.code).toBe('exclusive_unavailable')

    await leave(buyer)
    await expireOrders(sql, time)
    // What the worker does on the call that was asked for.
    await shop.settlement.settleIntent(await shop.stripe.cancelIntent(intent_id, `cancel:${id}`))
    await lapseClaims(sql, time)

    expect(await lastOf(id)).toBe('expired')
    expect(shop.stripe.intents.get(intent_id)!.status).toBe('canceled')
    expect((await shop.order(other, itemsOf(product))).status).toBe(201)
  })

  test('leaves what was paid with its licence and its seller with the money', async () => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const { id, intent_id } = await shop.orderPayable(buyer, itemsOf(await seedProduct(sql, seller)))
    await shop.pay(intent_id)
    const before = await readBalance(sql, seller.id)

    await leave(buyer)

    expect(await lastOf(id)).toBe('completed')
    expect(await sql`select status from licenses where buyer_id = ${buyer.id}`).toEqual([
      { status: 'active' },
    ])
    expect(await readBalance(sql, seller.id)).toEqual(before)
  })
})

describe('a seller who leaves', () => {
  async function seedLeaver() {
    const seller = await seedSeller(sql)
    await sql`
      update sellers set legal_name = 'Ada Example', legal_address = 'Somewhere 1', country = 'DE'
      where user_id = ${seller.id}
    `
    const product = await seedProduct(sql, seller, { tiers: [{ price_amount: 500 }] })
    return { seller, product }
  }

  test('sells nothing any more, under no code, and is nobody by name', async () => {
    const { seller, product } = await seedLeaver()
    const draft = await seedProduct(sql, seller, { kind: 'service', status: 'draft' })
    await sql`
      insert into discounts (seller_id, code, percent_bps, starts_at, created_at, updated_at)
      values (${seller.id}, 'SPRING', 1000, now(), now(), now())
    `

    await leave(seller)

    const states = await sql`
      select status from products where id in (${product.product_id}, ${draft.product_id})
    `
    expect(states).toEqual([{ status: 'archived' }, { status: 'archived' }])
    expect(await sql`select from discounts where seller_id = ${seller.id} and disabled_at is null`).toEqual(
      [],
    )
    expect(await sql`select legal_name, legal_address from sellers where user_id = ${seller.id}`).toEqual([
      { legal_name: null, legal_address: null },
    ])
    const buyer = await seedPerson(sql)
    expect(await shop.order(buyer, itemsOf(product))).toMatchObject({ status: 409 })
    const { status } = await shop.api(marketplaceRoutes.getProduct, buyer, {
      params: { product_id: product.product_id },
    })
    expect(status).toBe(404)
  })

  test('leaves their buyers what they have, and who is about to pay the chance to', async () => {
    const { seller, product } = await seedLeaver()
    const [early, late] = [await seedPerson(sql), await seedPerson(sql)]
    const done = await shop.orderPayable(early, itemsOf(product))
    await shop.pay(done.intent_id)
    const open = await shop.orderPayable(late, itemsOf(product))

    await leave(seller)
    await shop.pay(open.intent_id)

    expect([await lastOf(done.id), await lastOf(open.id)]).toEqual(['completed', 'completed'])
    const licenses = await sql`select status from licenses where seller_id = ${seller.id}`
    expect(licenses).toEqual([{ status: 'active' }, { status: 'active' }])
  })

  test('is paid what they have earned, however little, to the account that they had', async () => {
    const { seller, product } = await seedLeaver()
    const { intent_id } = await shop.orderPayable(await seedPerson(sql), itemsOf(product))
    await shop.pay(intent_id)
    expect(await readBalance(sql, seller.id)).toMatchObject({ pending: 450 })

    await leave(seller)
    time = later(time, 8 * dayMs)
    await releaseDueShares(sql, time)
    expect(await readBalance(sql, seller.id)).toMatchObject({ available: 450 })
    while ((await payDueSellers(sql, time)) > 0);

    const [payout] = await sql`select id, amount, status from payouts where user_id = ${seller.id}`
    expect(payout).toMatchObject({ amount: 450, status: 'pending' })
    expect(await sql`select kind from stripe_calls where subject_id = ${payout!.id}`).toEqual([
      { kind: 'transfer' },
    ])
    expect(await sql`select stripe_account_id from sellers where user_id = ${seller.id}`).toEqual([
      { stripe_account_id: `acct_${seller.username}` },
    ])
  })

  test('who stays waits until it is worth the while', async () => {
    const { seller, product } = await seedLeaver()
    const { intent_id } = await shop.orderPayable(await seedPerson(sql), itemsOf(product))
    await shop.pay(intent_id)
    time = later(time, 8 * dayMs)
    await releaseDueShares(sql, time)

    while ((await payDueSellers(sql, time)) > 0);

    expect(await readBalance(sql, seller.id)).toMatchObject({ available: 450, in_transit: 0 })
  })
})
