import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import {
  insertProposal,
  markEntryAccepted,
  markInForce,
} from '../../../lib/collaboration/splits-repository.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, readBalance } from '../../support/ledger.ts'
import { captureLog } from '../../support/log.ts'
import { createMarketApi, seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, eventsOf, historyOf, itemsOf } from '../../support/shop.ts'
import { addCollaborator, seedPerson } from '../../support/social.ts'

const database = useDatabase()
const openConnections = useConnections(database)
const { sql } = database
const time = new Date()
const shop = createShop(sql, { now: () => time })

afterEach(() => expectSound(sql))

const seedSale = async (tier: { price_amount?: number; is_exclusive?: boolean } = {}) => {
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const product = await seedProduct(sql, seller, { tiers: [tier] })
  return { seller, buyer, product, items: itemsOf(product) }
}

describe('the payment of an order', () => {
  it('is asked of Stripe once, whatever becomes of the answer', async () => {
    const { buyer, items } = await seedSale()
    for (const mishap of ['unanswered', 'down'] as const) {
      shop.stripe.befall('createIntent', mishap)
      const failed = await shop.order(buyer, items, { key: 'once' })
      expect([failed.status, failed.problem.code]).toEqual([503, 'unavailable'])
    }
    const { status, body } = await shop.order(buyer, items, { key: 'once' })
    expect([status, body.status]).toEqual([201, 'requires_payment'])
    const made = [...shop.stripe.intents.values()].filter(({ order_id }) => order_id === body.id)
    expect(made.map(({ id }) => id)).toEqual([body.payment!.payment_intent_id])
    expect(await sql`select from orders where buyer_id = ${buyer.id}`).toHaveLength(1)
  })

  it.each(['refused', 'spent'] as const)('is asked for anew where the key was %s', async (mishap) => {
    const { buyer, items } = await seedSale()
    shop.stripe.befall('createIntent', mishap)
    expect((await shop.order(buyer, items, { key: 'again' })).status).toBe(503)
    const { body } = await shop.order(buyer, items, { key: 'again' })
    expect(body.payment).not.toBeNull()
    const keys = shop.stripe.calls.flatMap(({ key }) => (key?.startsWith(`order:${body.id}:`) ? key : []))
    expect(keys).toEqual([`order:${body.id}:intent:1`, `order:${body.id}:intent:2`])
  })

  it('is one for a key that came twenty times at once, at the door and behind it', async () => {
    const { buyer, items } = await seedSale()
    const connections = await openConnections(4)
    const shops = connections.map((connection) => createShop(connection, { stripe: shop.stripe }))
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => shops[at % 4]!.order(buyer, items, { key: 'same' })),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 409]))
    const codes = answers.flatMap(({ status, problem }) => (status === 409 ? problem.code : []))
    expect(new Set(codes)).toEqual(new Set(['idempotency_in_progress']))

    const withoutMemory = connections.map((connection) =>
      createMarketApi(connection, { stripe: shop.stripe }, { remembersKeys: false }),
    )
    const behind = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        withoutMemory[at % 4]!(marketplaceRoutes.createOrder, buyer, {
          body: { items },
          headers: { 'idempotency-key': 'same' },
        }),
      ),
    )
    const ids = [...answers.filter(({ status }) => status === 201), ...behind].map(({ body }) => body.id)
    expect(new Set(ids).size).toBe(1)
    expect([...shop.stripe.intents.values()].filter(({ order_id }) => order_id === ids[0])).toHaveLength(1)
  })

  it('under a key of old is not that of other items', async () => {
    const { seller, buyer, items } = await seedSale()
    await shop.order(buyer, items, { key: 'old' })
    await sql`delete from idempotency_keys`
    const other = itemsOf(await seedProduct(sql, seller))
    const { status, problem } = await shop.order(buyer, other, { key: 'old' })
    expect([status, problem.code]).toEqual([422, 'idempotency_mismatch'])
    expect((await shop.order(buyer, items, { key: 'old' })).status).toBe(201)
  })

  it('is divided as the split sheet had it when it was ordered, at the price of then', async () => {
    const { seller, buyer, product, items } = await seedSale({ price_amount: 1_003 })
    const [friend, late] = [await seedPerson(sql), await seedPerson(sql)]
    await addCollaborator(sql, product.track_id!, friend, 'editor')
    const putSheet = (...entries: { user_id: string; split_bps: number }[]) =>
      sql.begin(async (tx) => {
        const sheetId = await insertProposal(tx, product.track_id!, { owner_id: seller.id, entries }, time)
        for (const { user_id } of entries) await markEntryAccepted(tx, sheetId, user_id, time)
        await markInForce(tx, product.track_id!, sheetId, time)
      })
    await putSheet({ user_id: seller.id, split_bps: 6_667 }, { user_id: friend.id, split_bps: 3_333 })
    const { id, intent_id, total_amount } = await shop.orderPayable(buyer, items)
    await putSheet({ user_id: seller.id, split_bps: 5_000 }, { user_id: late.id, split_bps: 5_000 })
    await sql`update product_tiers set price_amount = 9_999 where product_id = ${product.product_id}`

    await shop.pay(intent_id)
    expect(total_amount).toBe(1_003)
    expect((await shop.read(buyer, id)).body).toMatchObject({ status: 'completed', total_amount: 1_003 })
    const pendings = [seller, friend, late].map(async (user) => (await readBalance(sql, user.id)).pending)
    expect(await Promise.all(pendings)).toEqual([602, 301, 0])
  })

  it('that is still under way, declined or waits for its owner completes nothing', async () => {
    const { buyer, items } = await seedSale()
    const { id, intent_id } = await shop.orderPayable(buyer, items)
    for (const change of [shop.stripe.startPayment, shop.stripe.declinePayment]) {
      change(intent_id)
      await shop.settlement.settleIntent(await shop.stripe.retrieveIntent(intent_id))
      expect(await historyOf(sql, id)).toEqual(['requires_payment'])
    }
  })

  it('completes its order once, told of twenty times at once', async () => {
    const { buyer, items } = await seedSale()
    const { id, intent_id } = await shop.orderPayable(buyer, items)
    const intent = shop.stripe.pay(intent_id)
    const workers = (await openConnections(4)).map((connection) =>
      createShop(connection, { stripe: shop.stripe }),
    )
    await Promise.all(Array.from({ length: 20 }, (_, at) => workers[at % 4]!.settlement.settleIntent(intent)))
    expect(await historyOf(sql, id)).toEqual(['requires_payment', 'paid', 'completed'])
    expect(await eventsOf(sql, id)).toEqual(['order.created', 'order.paid', 'order.completed'])
    expect(
      await sql`select from licenses l join order_items i on i.id = l.order_item_id where i.order_id = ${id}`,
    ).toHaveLength(1)
    expect(await sql`select from ledger_movements where order_id = ${id}`).toHaveLength(2)
  })

  it.each(['amount', 'currency', 'another payment'])(
    'that differs in %s changes nothing, and is told of',
    async (what) => {
      const { buyer, items } = await seedSale()
      const { id, intent_id } = await shop.orderPayable(buyer, items)
      const intent = {
        ...shop.stripe.pay(intent_id, what === 'amount' ? 1 : undefined),
        ...(what === 'currency' && { currency: 'jpy' }),
        ...(what === 'another payment' && { id: 'pi_other' }),
      }
      const { text } = await captureLog(() => shop.settlement.settleIntent(intent))
      expect(text).toContain('stripe_unexpected_payment')
      expect(text).not.toContain('_secret_')
      expect(await historyOf(sql, id)).toEqual(['requires_payment'])
    },
  )

  it('gives orders their numbers without a gap, in the order in which they are paid', async () => {
    const sales = [await seedSale(), await seedSale(), await seedSale()]
    const orders = []
    for (const { buyer, items } of sales) orders.push(await shop.orderPayable(buyer, items))
    await shop.cancel(sales[1]!.buyer, orders[1]!.id)
    const numbers: (number | null)[] = []
    for (const at of [2, 0]) {
      await shop.pay(orders[at]!.intent_id)
      numbers.push((await shop.read(sales[at]!.buyer, orders[at]!.id)).body.number)
    }
    const rows = await sql<{ number: number }[]>`
      select number from orders where number is not null order by number
    `
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_, at) => at + 1))
    expect(numbers).toEqual([rows.length - 1, rows.length])
  })
})
