import type { Actor } from '../../../lib/auth/actor.ts'
import { completeOrders, expireOrders, lapseClaims } from '../../../lib/orders/sweep.ts'
import { hourMs, later, minuteMs } from '../../../lib/time.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { type SeededProduct, seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, eventsOf, historyOf, itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
let time = new Date()
const shop = createShop(sql, { now: () => time })

beforeEach(() => {
  time = new Date()
})
afterEach(() => expectSound(sql))

const exclusive = { tiers: [{ is_exclusive: true, price_amount: 50_000 }, { price_amount: 2_000 }] }

async function seedSale(options: Parameters<typeof seedProduct>[2] = {}) {
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const product = await seedProduct(sql, seller, options)
  return { seller, buyer, product, items: itemsOf(product) }
}

const claimsOf = async ({ track_id }: SeededProduct) => {
  const rows = await sql<{ state: string }[]>`
    select state from exclusive_claims where track_id = ${track_id} order by id
  `
  return rows.map(({ state }) => state)
}

const callsOf = (orderId: string) => sql`
  select kind, status from stripe_calls
  where subject_id = ${orderId} or subject_id in (select id from refunds where order_id = ${orderId})
`

/** The worker does what was asked of Stripe, and tells what came of it. */
async function cancelAtStripe(intentId: string) {
  const intent = await shop.stripe.cancelIntent(intentId, `cancel:${intentId}`)
  await shop.settlement.settleIntent(intent)
}

const lease = ({ product_id, tier_ids }: SeededProduct) => [{ product_id, tier_id: tier_ids[1]! }]

describe('an order that is cancelled', () => {
  it('cannot be paid any more, and holds nothing', async () => {
    const { buyer, product, items } = await seedSale(exclusive)
    const { id, intent_id } = await shop.orderPayable(buyer, items)
    expect(await claimsOf(product)).toEqual(['reserved'])

    const cancelled = await shop.cancel(buyer, id)
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled'])
    expect(cancelled.body.payment!.client_secret).toBeNull()
    expect(shop.stripe.intents.get(intent_id)!.status).toBe('canceled')
    expect(await claimsOf(product)).toEqual(['released'])
    expect(await eventsOf(sql, id)).toEqual(['order.created', 'order.cancelled'])

    expect((await shop.cancel(buyer, id)).status).toBe(200)
    expect((await shop.order(await seedPerson(sql), items)).status).toBe(201)
    expect(await historyOf(sql, id)).toEqual(['requires_payment', 'cancelled'])
  })

  it('has no payment yet where Stripe did not answer', async () => {
    const { buyer, items } = await seedSale()
    shop.stripe.befall('createIntent', 'down')
    expect((await shop.order(buyer, items, { key: 'lost' })).status).toBe(503)
    const [{ id }] = await sql<[{ id: string }]>`select id from orders where buyer_id = ${buyer.id}`
    expect((await shop.cancel(buyer, id)).body.status).toBe('cancelled')
    expect((await shop.order(buyer, items, { key: 'lost' })).body).toMatchObject({
      id,
      status: 'cancelled',
      payment: null,
    })
  })

  it('is paid instead where the payment came first', async () => {
    const { buyer, items } = await seedSale()
    const { id, intent_id } = await shop.orderPayable(buyer, items)
    shop.stripe.pay(intent_id)
    const { status, problem } = await shop.cancel(buyer, id)
    expect([status, problem.code]).toEqual([409, 'order_not_open'])
    expect(await historyOf(sql, id)).toEqual(['requires_payment', 'paid', 'completed'])
    expect((await shop.cancel(buyer, id)).problem.code).toBe('order_not_open')
  })

  it('stays open while the payment is under way', async () => {
    const { buyer, items } = await seedSale()
    const { id, intent_id } = await shop.orderPayable(buyer, items)
    shop.stripe.startPayment(intent_id)
    expect((await shop.cancel(buyer, id)).problem.code).toBe('order_not_open')
    expect(await historyOf(sql, id)).toEqual(['requires_payment'])
  })

  it('is left to the worker where Stripe does not answer', async () => {
    const { buyer, items } = await seedSale()
    const { id, intent_id } = await shop.orderPayable(buyer, items)
    shop.stripe.befall('cancelIntent', 'down')
    const { status, body } = await shop.cancel(buyer, id)
    expect([status, body.status]).toEqual([202, 'requires_payment'])
    expect(await callsOf(id)).toEqual([{ kind: 'cancel_intent', status: 'due' }])
    await cancelAtStripe(intent_id)
    expect(await historyOf(sql, id)).toEqual(['requires_payment', 'cancelled'])
  })

  it('is refunded in full where it turns out to have been paid', async () => {
    const { buyer, items, product } = await seedSale(exclusive)
    const { id, intent_id } = await shop.orderPayable(buyer, items)
    const intent = shop.stripe.pay(intent_id)
    await shop.settlement.settleIntent({ ...intent, status: 'canceled' })
    await shop.settlement.settleIntent(intent)
    expect(await historyOf(sql, id)).toEqual(['requires_payment', 'cancelled', 'paid'])
    expect((await shop.read(buyer, id)).body).toMatchObject({ status: 'paid', end_reason: 'late_payment' })
    expect(await sql`select amount, reason, status from refunds where order_id = ${id}`).toEqual([
      { amount: 50_000, reason: 'late_payment', status: 'pending' },
    ])
    expect(await callsOf(id)).toEqual([{ kind: 'refund', status: 'due' }])
    expect(await claimsOf(product)).toEqual(['released'])
    await shop.settlement.settleOrder(id)
    expect((await shop.read(buyer, id)).body.items[0]!.license_id).toBeNull()
  })
})

describe('an order that is not paid in time', () => {
  it('expires once Stripe lets nobody pay it any more', async () => {
    const { buyer, items } = await seedSale()
    const { id, intent_id, expires_at } = await shop.orderPayable(buyer, items)
    expect(new Date(expires_at)).toEqual(later(time, 24 * hourMs))
    await expireOrders(sql, later(time, 24 * hourMs - 1))
    expect(await callsOf(id)).toEqual([])

    time = later(time, 24 * hourMs)
    await expireOrders(sql, time)
    await expireOrders(sql, time)
    expect(await callsOf(id)).toEqual([{ kind: 'cancel_intent', status: 'due' }])
    expect((await shop.read(buyer, id)).body.payment!.client_secret).toBeNull()
    await cancelAtStripe(intent_id)
    expect(await historyOf(sql, id)).toEqual(['requires_payment', 'expired'])
    expect(await eventsOf(sql, id)).toEqual(['order.created', 'order.expired'])
  })

  it('and has no payment, expires at once', async () => {
    const { buyer, items } = await seedSale()
    shop.stripe.befall('createIntent', 'unanswered')
    await shop.order(buyer, items, { key: 'left' })
    time = later(time, 24 * hourMs)
    await expireOrders(sql, time)
    const again = await shop.order(buyer, items, { key: 'left' })
    expect(again.body).toMatchObject({ status: 'expired', payment: null })
    expect(await callsOf(again.body.id)).toEqual([])
  })

  it('whose payment Stripe makes meanwhile has it cancelled', async () => {
    const { buyer, items } = await seedSale()
    const create = shop.stripe.createIntent
    const slow = createShop(sql, {
      now: () => time,
      stripe: {
        ...shop.stripe,
        createIntent: async (...args) => {
          const intent = await create(...args)
          await expireOrders(sql, later(time, 24 * hourMs))
          return intent
        },
      },
    })
    const { status, body } = await slow.order(buyer, items)
    expect([status, body.status, body.payment!.client_secret]).toEqual([201, 'expired', null])
    expect(await callsOf(body.id)).toEqual([{ kind: 'cancel_intent', status: 'due' }])
  })

  it('is honoured where the payment was faster than the end', async () => {
    const { buyer, items } = await seedSale()
    const { id, intent_id } = await shop.orderPayable(buyer, items)
    time = later(time, 24 * hourMs)
    await expireOrders(sql, time)
    await shop.pay(intent_id)
    expect(await historyOf(sql, id)).toEqual(['requires_payment', 'paid', 'completed'])
  })
})

describe('an exclusive licence', () => {
  it('is reserved for half an hour, then others may have it', async () => {
    const { buyer, product, items } = await seedSale(exclusive)
    const other = await seedPerson(sql)
    const first = await shop.orderPayable(buyer, items)
    expect(new Date(first.expires_at)).toEqual(later(time, 30 * minuteMs))
    time = later(time, 30 * minuteMs - 1)
    expect((await shop.order(other, items)).problem.code).toBe('exclusive_unavailable')
    time = later(time, 1)
    const { status, body } = await shop.order(other, items)
    expect(status).toBe(201)
    expect(await claimsOf(product)).toEqual(['lapsed', 'reserved'])

    await shop.pay(body.payment!.payment_intent_id)
    await shop.pay(first.intent_id)
    expect(await historyOf(sql, body.id)).toEqual(['requires_payment', 'paid', 'completed'])
    expect((await shop.read(buyer, first.id)).body).toMatchObject({
      status: 'paid',
      end_reason: 'exclusive_conflict',
    })
    expect(await eventsOf(sql, first.id)).toEqual(['order.created', 'order.paid', 'order.exclusive_conflict'])
    expect(await sql`select amount, reason from refunds where order_id = ${first.id}`).toEqual([
      { amount: 50_000, reason: 'exclusive_conflict' },
    ])
    expect(await claimsOf(product)).toEqual(['released', 'sold'])
  })

  it("is the buyer's who paid late, where nobody else has it or is paying for it", async () => {
    const { buyer, product, items } = await seedSale(exclusive)
    const { id, intent_id } = await shop.orderPayable(buyer, items)
    time = later(time, 30 * minuteMs)
    const intent = shop.stripe.pay(intent_id)
    await shop.settlement.settleIntent({ ...intent, status: 'canceled' })
    expect(await historyOf(sql, id)).toEqual(['requires_payment', 'expired'])
    await shop.settlement.settleIntent(intent)
    expect(await historyOf(sql, id)).toEqual(['requires_payment', 'expired', 'paid', 'completed'])
    expect(await claimsOf(product)).toEqual(['sold'])
  })

  it('is not taken from whoever is paying for it now by a late payment', async () => {
    const { buyer, product, items } = await seedSale(exclusive)
    const first = await shop.orderPayable(buyer, items)
    time = later(time, 30 * minuteMs)
    const second = await shop.orderPayable(await seedPerson(sql), items)
    await shop.pay(first.intent_id)
    expect((await shop.read(buyer, first.id)).body.end_reason).toBe('exclusive_conflict')
    await shop.pay(second.intent_id)
    expect(await claimsOf(product)).toEqual(['released', 'sold'])
    expect(await historyOf(sql, second.id)).toEqual(['requires_payment', 'paid', 'completed'])
  })

  it('ends all sales of its track, but honours what was ordered before', async () => {
    const { seller, buyer, product, items } = await seedSale(exclusive)
    const twin = await seedProduct(sql, seller, { track_id: product.track_id! })
    const [holder, early, late] = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
    const held = await shop.orderPayable(holder, lease(product))
    await shop.pay(held.intent_id)
    const open = await shop.orderPayable(early, lease(product))
    const whole = await shop.orderPayable(buyer, items)
    await shop.pay(whole.intent_id)

    expect((await shop.order(late, items)).problem.code).toBe('exclusive_unavailable')
    expect((await shop.order(late, lease(product))).problem.code).toBe('product_unavailable')
    expect((await shop.order(late, itemsOf(twin))).problem.code).toBe('product_unavailable')
    await shop.pay(open.intent_id)
    expect(await historyOf(sql, open.id)).toEqual(['requires_payment', 'paid', 'completed'])
    expect(await sql`select status from licenses where buyer_id = ${holder.id}`).toEqual([
      { status: 'active' },
    ])
  })

  it('and a lease in one order are reserved, sold and refunded together', async () => {
    const { buyer, product, items } = await seedSale(exclusive)
    const { product: other } = await seedSale()
    const mixed = [...items, ...itemsOf(other)]
    const first = await shop.orderPayable(buyer, mixed)
    expect(new Date(first.expires_at)).toEqual(later(time, 30 * minuteMs))
    time = later(time, 30 * minuteMs)
    const second = await shop.orderPayable(await seedPerson(sql), mixed)
    await shop.pay(second.intent_id)
    await shop.pay(first.intent_id)
    expect(await sql`select amount from refunds where order_id = ${first.id}`).toEqual([{ amount: 52_999 }])
    expect(await claimsOf(product)).toEqual(['released', 'sold'])
    expect((await shop.read(buyer, first.id)).body.items.map(({ license_id }) => license_id)).toEqual([
      null,
      null,
    ])
  })

  it('of the same track under two products is one', async () => {
    const { seller, buyer, product, items } = await seedSale(exclusive)
    const twin = await seedProduct(sql, seller, { ...exclusive, track_id: product.track_id! })
    expect((await shop.order(buyer, [...items, ...itemsOf(twin)])).problem.code).toBe('exclusive_unavailable')
    expect(await claimsOf(product)).toEqual([])
    await shop.orderPayable(buyer, itemsOf(twin))
    expect((await shop.order(await seedPerson(sql), items)).problem.code).toBe('exclusive_unavailable')
  })

  it('shows as free again once its reservation is over', async () => {
    const { buyer, product, items } = await seedSale({ tiers: [{ is_exclusive: true }] })
    const isPurchasable = async () => {
      const [row] = await sql`select is_purchasable from tracks where id = ${product.track_id}`
      return row!.is_purchasable
    }
    await shop.orderPayable(buyer, items)
    expect(await isPurchasable()).toBe(false)
    await lapseClaims(sql, later(time, 30 * minuteMs - 1))
    expect(await isPurchasable()).toBe(false)
    await lapseClaims(sql, later(time, 30 * minuteMs))
    expect(await isPurchasable()).toBe(true)
  })

  it('that costs nothing is had at once, and by one buyer', async () => {
    const { buyer, product, items } = await seedSale({ tiers: [{ is_exclusive: true, price_amount: 0 }] })
    expect((await shop.order(buyer, items)).body.status).toBe('completed')
    expect((await shop.order(await seedPerson(sql), items)).problem.code).toBe('exclusive_unavailable')
    expect(await claimsOf(product)).toEqual(['sold'])
  })
})

describe('an order that was left on its way', () => {
  const sent = async (now: Date) => {
    const messages: unknown[] = []
    const stripeQueue = {
      send: async (all: readonly { id: string; body: string }[]) => {
        messages.push(...all.map(({ body }) => JSON.parse(body)))
        return all.map(({ id }) => id)
      },
    }
    await completeOrders({ sql, stripeQueue }, now)
    return messages
  }

  const leave = async (buyer: Actor, items: ReturnType<typeof itemsOf>) => {
    const { id, intent_id } = await shop.orderPayable(buyer, items)
    const lost = createShop(sql, {
      now: () => time,
      stripe: shop.stripe,
      licenseKeys: async () => {
        throw new Error('The keys cannot be read')
      },
    })
    await expect(lost.settlement.settleIntent(shop.stripe.pay(intent_id))).rejects.toThrow('cannot be read')
    return id
  }

  it('is sent to the worker again after a minute, and ever more seldom', async () => {
    const { buyer, items } = await seedSale()
    const id = await leave(buyer, items)
    expect(await historyOf(sql, id)).toEqual(['requires_payment', 'paid'])
    const at = (minutes: number) => sent(later(time, minutes * minuteMs))
    expect(await at(0.9)).toEqual([])
    expect(await at(1)).toEqual([{ order_id: id }])
    expect(await at(2.9)).toEqual([])
    expect(await at(3)).toEqual([{ order_id: id }])
    expect(await at(6.9)).toEqual([])
    await shop.settlement.settleOrder(id)
    expect(await historyOf(sql, id)).toEqual(['requires_payment', 'paid', 'completed'])
    expect(await at(1_000)).toEqual([])
  })

  it('and costs nothing, is completed all the same', async () => {
    const { buyer, items } = await seedSale({ tiers: [{ price_amount: 0 }] })
    const lost = createShop(sql, {
      now: () => time,
      licenseKeys: async () => {
        throw new Error('The keys cannot be read')
      },
    })
    expect((await lost.order(buyer, items)).status).toBe(500)
    const [message] = (await sent(later(time, minuteMs))) as [{ order_id: string }]
    await shop.settlement.settleOrder(message.order_id)
    expect(await historyOf(sql, message.order_id)).toEqual(['requires_payment', 'paid', 'completed'])
  })
})
