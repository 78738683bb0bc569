import { randomUUID } from 'node:crypto'
import { composeStripeWorker } from '../../../functions/stripe-worker/compose.ts'
import { expireOrders, lapseClaims } from '../../../lib/orders/sweep.ts'
import { StripeRefusal } from '../../../lib/stripe/errors.ts'
import { later, minuteMs } from '../../../lib/time.ts'
import { createChance } from '../../support/chance.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, readBalance } from '../../support/ledger.ts'
import { captureLog } from '../../support/log.ts'
import { marketParts, type SeededProduct, seedProduct, seedSeller } from '../../support/market.ts'
import { createMemoryStorage } from '../../support/memory-storage.ts'
import { createMemoryStripe } from '../../support/memory-stripe.ts'
import { createShop, itemsOf, type Shop } from '../../support/shop.ts'
import { type Person, seedPerson } from '../../support/social.ts'

const database = useDatabase()
const openConnections = useConnections(database)
const { sql } = database

afterEach(() => expectSound(sql))

let time = new Date()
const now = () => time
const stripe = createMemoryStripe({ now })

const openShops = async (count: number) =>
  (await openConnections(count)).map((connection) => createShop(connection, { stripe, now }))

async function seedBuyers(count: number): Promise<Person[]> {
  const buyers: Person[] = []
  for (let at = 0; at < count; at++) buyers.push(await seedPerson(sql))
  return buyers
}

/** All of them at once, as many at a time as there are shops. */
async function inShops<T, R>(
  shops: readonly Shop[],
  all: readonly T[],
  work: (shop: Shop, one: T) => Promise<R>,
) {
  const results: R[] = []
  const waiting = [...all.entries()]
  await Promise.all(
    shops.map(async (shop) => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        results[next[0]] = await work(shop, next[1])
      }
    }),
  )
  return results
}

const exclusive = { tiers: [{ is_exclusive: true, price_amount: 50_000 }] }

const countLicenses = async (productId: string) => {
  const [row] = await sql<[{ count: number }]>`select count(*) from licenses where product_id = ${productId}`
  return row.count
}

it('sells one exclusive licence to one of two hundred who order it and pay at once', async () => {
  const product = await seedProduct(sql, await seedSeller(sql), exclusive)
  const buyers = await seedBuyers(200)
  const outcomes = await inShops(await openShops(12), buyers, async (shop, buyer) => {
    const { status, body, problem } = await shop.order(buyer, itemsOf(product))
    if (status !== 201) return problem.code
    await shop.pay(body.payment!.payment_intent_id)
    return (await shop.read(buyer, body.id)).body.status
  })
  expect(outcomes.filter((outcome) => outcome === 'completed')).toHaveLength(1)
  expect(outcomes.filter((outcome) => outcome === 'exclusive_unavailable')).toHaveLength(199)
  expect(await countLicenses(product.product_id)).toBe(1)
}, 60_000)

it('sells it to one of those who pay at once, each after their time, and gives the others all of it back', async () => {
  const seller = await seedSeller(sql)
  const product = await seedProduct(sql, seller, exclusive)
  const buyers = await seedBuyers(60)
  const shops = await openShops(12)
  const orders = []
  for (const buyer of buyers) {
    orders.push(await shops[0]!.orderPayable(buyer, itemsOf(product)))
    time = later(time, 30 * minuteMs)
  }
  await inShops(shops, orders, (shop, { intent_id }) => shop.pay(intent_id))

  expect(await countLicenses(product.product_id)).toBe(1)
  const ends = await sql`
    select status, end_reason, count(*) from orders where id = any(${orders.map(({ id }) => id)}::uuid[])
    group by 1, 2 order by 1
  `
  expect(ends).toEqual([
    { status: 'completed', end_reason: null, count: 1 },
    { status: 'paid', end_reason: 'exclusive_conflict', count: 59 },
  ])
  const work = composeStripeWorker({
    ...marketParts(sql, { stripe, now }),
    exports: createMemoryStorage('exports').exports!,
  })
  const calls = await sql<{ id: string }[]>`select id from stripe_calls where kind = 'refund'`
  for (const { id } of calls) await work({ call_id: id })

  const refunded = await sql`select distinct status, refunded_amount from orders where end_reason is not null`
  expect(refunded).toEqual([{ status: 'refunded', refunded_amount: 50_000 }])
  expect([...stripe.refunds.values()].map(({ amount }) => amount)).toEqual(Array(59).fill(50_000))
  expect(await readBalance(sql, seller.id)).toEqual({ pending: 45_000, available: 0, held: 0, in_transit: 0 })
}, 60_000)

describe('a payment that comes at once with', () => {
  const raceFor = async (rival: (shop: Shop, order: { id: string; buyer: Person }) => Promise<unknown>) => {
    const seller = await seedSeller(sql)
    const [first, second] = (await openShops(2)) as [Shop, Shop]
    for (let round = 0; round < 25; round++) {
      const buyer = await seedPerson(sql)
      const product = await seedProduct(sql, seller, round % 2 === 0 ? exclusive : {})
      const { id, intent_id } = await first.orderPayable(buyer, itemsOf(product))
      const rivalry = rival(second, { id, buyer })
      // From before it begins until after it is over, a few turns later each time.
      const turns = round % 5
      for (let turn = 0; turn < turns * 2; turn++) await sql`select 1`
      if (turns === 4) await rivalry
      await Promise.all([rivalry, first.pay(intent_id).catch(onlyRefusals)])
      await first.settlement.settleIntent(await stripe.retrieveIntent(intent_id))
      const { body } = await first.read(buyer, id)
      ends.push([stripe.intents.get(intent_id)!.status, body.status])
    }
  }
  const onlyRefusals = (error: unknown) => {
    if (!(error instanceof StripeRefusal)) throw error
  }
  let ends: string[][] = []
  beforeEach(() => {
    ends = []
  })

  it('its cancellation ends as Stripe had it', async () => {
    await raceFor(async (shop, { id, buyer }) => {
      const { status, text } = await shop.cancel(buyer, id)
      expect([200, 409, text]).toContain(status)
    })
    const seen = new Set(ends.map((end) => end.join()))
    expect(seen).toEqual(new Set(['succeeded,completed', 'canceled,cancelled']))
  }, 60_000)

  it('its end is taken all the same', async () => {
    await raceFor(async () => {
      await lapseClaims(sql, later(time, 25 * 60 * minuteMs))
      await expireOrders(sql, later(time, 25 * 60 * minuteMs))
    })
    expect(new Set(ends.map((end) => end.join()))).toEqual(new Set(['succeeded,completed']))
  }, 60_000)
})

it('never waits in a ring, whatever many order, pay, cancel and let lapse at once', async () => {
  const sellers = [await seedSeller(sql), await seedSeller(sql), await seedSeller(sql)]
  const products: SeededProduct[] = []
  for (let at = 0; at < 9; at++) {
    const tiers = [
      { is_exclusive: at % 3 === 0, price_amount: 10_000 },
      { price_amount: at % 4 === 0 ? 0 : 2_000 },
    ]
    products.push(await seedProduct(sql, sellers[at % 3]!, { tiers }))
  }
  for (const { id } of sellers) {
    await sql`
      insert into discounts (seller_id, code, percent_bps, max_uses, starts_at, created_at, updated_at)
      values (${id}, 'STORM', 1000, 20, ${time}, ${time}, ${time})
    `
  }
  const buyers = await seedBuyers(8)
  const shops = await openShops(8)
  const orders: { id: string; buyer: Person; intent_id: string | undefined }[] = []
  const failures: string[] = []

  const play = async (shop: Shop, lane: number) => {
    const chance = createChance(lane)
    const pick = <T>(all: readonly T[]) => all[chance(all.length)]!
    const place = async () => {
      const buyer = pick(buyers)
      const items = Array.from({ length: 1 + chance(5) }, () => pick(products)).map(
        ({ product_id, tier_ids }) => ({
          product_id,
          tier_id: pick(tier_ids),
        }),
      )
      const distinct = items.filter(
        ({ tier_id }, at) => items.findIndex((item) => item.tier_id === tier_id) === at,
      )
      const more = chance(2) === 0 ? { discount_code: 'STORM' } : {}
      const first = await shop.order(buyer, distinct, more)
      const { confirm_token } = (first.problem ?? {}) as { confirm_token?: string }
      const { status, body, text } = confirm_token
        ? await shop.order(buyer, distinct, { ...more, confirm_token, key: randomUUID() })
        : first
      if (status === 201) orders.push({ id: body.id, buyer, intent_id: body.payment?.payment_intent_id })
      else if (status !== 409) failures.push(text)
    }
    const pay = async () => {
      const { intent_id } = pick(orders)
      if (intent_id && stripe.intents.get(intent_id)!.status !== 'canceled') await shop.pay(intent_id)
    }
    const cancel = async () => {
      const { buyer, id } = pick(orders)
      const { status, text } = await shop.cancel(buyer, id)
      if (status >= 500) failures.push(text)
    }
    const sweep = async () => {
      await lapseClaims(sql, later(time, 31 * minuteMs))
      await expireOrders(sql, later(time, 31 * minuteMs))
    }
    for (let move = 0; move < 40; move++) {
      const moves = orders.length === 0 ? [place] : [place, place, pay, pay, cancel, sweep]
      await pick(moves)()
    }
  }
  const { text } = await captureLog(() => Promise.all(shops.map(play)))

  expect(failures).toEqual([])
  expect(text).not.toContain('deadlock')
  const statuses = await sql<{ status: string }[]>`select distinct status from orders`
  expect(statuses.map(({ status }) => status)).toEqual(expect.arrayContaining(['completed', 'cancelled']))
  const twice =
    await sql`select track_id from exclusive_claims where state = 'sold' group by 1 having count(*) > 1`
  expect(twice).toEqual([])
}, 60_000)
