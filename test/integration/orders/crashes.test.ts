import { randomUUID } from 'node:crypto'
import { completeOrders } from '../../../lib/orders/sweep.ts'
import { later, minuteMs } from '../../../lib/time.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { marketParts, seedProduct, seedSeller } from '../../support/market.ts'
import { createMemoryStripe } from '../../support/memory-stripe.ts'
import { createShop, eventsOf, historyOf, itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'
import { createSteps, type Life, mishaps, type Strike } from '../../support/steps.ts'

const { sql } = useDatabase()

const exclusive = { tiers: [{ is_exclusive: true, price_amount: 50_000 }] }
const free = { tiers: [{ price_amount: 0 }] }

/** A shop whose calls are counted, and may go wrong. */
function openShop(
  life: Life,
  { stripe, now }: { stripe: ReturnType<typeof createMemoryStripe>; now: () => Date },
) {
  const keys = life.watch('keys', { load: marketParts(sql).licenseKeys })
  return createShop(life.watchSql(sql), {
    stripe: life.watch('stripe', stripe),
    licenseKeys: () => keys.load(),
    now,
  })
}

interface World {
  readonly strike?: Strike
  readonly options?: Parameters<typeof seedProduct>[2]
}

async function createWorld({ strike, options = exclusive }: World) {
  let time = new Date()
  const now = () => time
  const stripe = createMemoryStripe({ now })
  const steps = createSteps(strike)
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const items = itemsOf(await seedProduct(sql, seller, options))
  return {
    buyer,
    items,
    stripe,
    made: steps.made,
    struck: openShop(steps.live('first'), { stripe, now }),
    whole: createShop(sql, { stripe, now }),
    pass: (ms: number) => {
      time = later(time, ms)
    },
    /** What the clock has the worker look at again. */
    async sweep() {
      const stripeQueue = {
        send: async (messages: readonly { id: string; body: string }[]) => {
          const shop = createShop(sql, { stripe, now })
          for (const { body } of messages) await shop.settlement.settleOrder(JSON.parse(body).order_id)
          return messages.map(({ id }) => id)
        },
      }
      await completeOrders({ sql, stripeQueue }, time)
    },
  }
}

async function expectCompleted(orderId: string, movements: number) {
  expect(await historyOf(sql, orderId)).toEqual(['requires_payment', 'paid', 'completed'])
  expect((await eventsOf(sql, orderId)).sort()).toEqual(['order.completed', 'order.created', 'order.paid'])
  const licenses = await sql`
    select from licenses l join order_items i on i.id = l.order_item_id where i.order_id = ${orderId}
  `
  expect(licenses).toHaveLength(1)
  // What is free moves nothing, and nobody makes out an invoice for it.
  const invoices = await sql`select from invoices where order_id = ${orderId}`
  expect(invoices).toHaveLength(movements > 0 ? 1 : 0)
  expect(await sql`select from ledger_movements where order_id = ${orderId}`).toHaveLength(movements)
  await expectSound(sql)
}

const attempt = (work: Promise<unknown>) =>
  work.then(
    () => {},
    () => {},
  )

/** Each step of a run that goes well, with each way for it to go wrong. */
const strikes = (steps: number): Strike[] =>
  Array.from({ length: steps }, (_, at) => mishaps.map((mishap) => ({ mishap, at: at + 1 }))).flat()

describe('the settlement of a payment, cut off at each of its steps', () => {
  const settle = async (strike?: Strike) => {
    const world = await createWorld(strike ? { strike } : {})
    const { id, intent_id } = await world.whole.orderPayable(world.buyer, world.items)
    const intent = world.stripe.pay(intent_id)
    await attempt(world.struck.settlement.settleIntent(intent))
    return { ...world, id, intent }
  }

  it('has four of them', async () => {
    const { made, id } = await settle()
    expect(made).toHaveLength(4)
    await expectCompleted(id, 2)
  })

  it.each(strikes(4))('goes on when Stripe tells of it again ($mishap at $at)', async (strike) => {
    const { whole, id, intent } = await settle(strike)
    await whole.settlement.settleIntent(intent)
    await expectCompleted(id, 2)
  })

  it.each(strikes(4))('is swept up where it was paid already ($mishap at $at)', async (strike) => {
    const { whole, id, intent, pass, sweep } = await settle(strike)
    pass(minuteMs)
    await sweep()
    if ((await historyOf(sql, id)).length === 1) await whole.settlement.settleIntent(intent)
    await expectCompleted(id, 2)
  })
})

describe.each([
  ['one that is paid for', exclusive, 2],
  ['one that is free', free, 0],
])('an order, %s, whose making is cut off at each of its steps', (_, options, movements) => {
  const make = async (strike?: Strike) => {
    const world = await createWorld({ options, ...(strike && { strike }) })
    const key = randomUUID()
    await attempt(world.struck.order(world.buyer, world.items, { key }))
    // Whoever was killed holds the key for half a minute.
    world.pass(minuteMs)
    return { ...world, key }
  }

  it('is one order with one payment after it was asked for again', async () => {
    const { made } = await make()
    for (const strike of strikes(made.length)) {
      const { whole, buyer, items, key, stripe, sweep } = await make(strike)
      await sweep()
      const { status, body, text } = await whole.order(buyer, items, { key })
      expect([strike, status, text]).toEqual([strike, 201, text])
      expect(await sql`select from orders where buyer_id = ${buyer.id}`).toHaveLength(1)
      expect(stripe.intents.size).toBe(movements > 0 ? 1 : 0)
      const [payment] = stripe.intents.keys()
      if (payment) await whole.pay(payment)
      await expectCompleted(body.id, movements)
    }
  }, 60_000)
})
