import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'
import { createStripeDesk, stateOf } from '../../support/stripe-desk.ts'

const { sql } = useDatabase()
const desk = createStripeDesk(sql)

type Outcome = 'open' | 'won' | 'lost'

/** Two licences of two sellers, paid, refunded twice in part and disputed for the rest; nobody has told us anything yet. */
async function prepare(outcome: Outcome) {
  const [one, other, buyer] = [await seedSeller(sql), await seedSeller(sql), await seedPerson(sql)]
  const products = [
    await seedProduct(sql, one, { tiers: [{ price_amount: 2_000 }] }),
    await seedProduct(sql, other, { tiers: [{ price_amount: 3_000 }] }),
  ]
  const order = await desk.orderPayable(buyer, itemsOf(...products))
  desk.stripe.pay(order.intent_id)
  const partial = await desk.refundAtStripe(order.intent_id, 1_000)
  const refund = await desk.refundAtStripe(order.intent_id, 500)
  const dispute = desk.stripe.dispute(order.intent_id, { amount: 3_500 })
  if (outcome !== 'open') desk.stripe.decideDispute(dispute.id, outcome)
  const events: readonly (readonly [type: string, object_id: string])[] = [
    ['payment_intent.succeeded', order.intent_id],
    ['refund.created', partial.id],
    ['refund.updated', refund.id],
    ['charge.dispute.created', dispute.id],
  ]
  return { order, events }
}

function permute<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]]
  return all.flatMap((one, at) => permute(all.toSpliced(at, 1)).map((rest) => [one, ...rest]))
}

const orders = permute([0, 1, 2, 3])

test('there are 24 orders of four events', () => {
  expect(new Set(orders.map(String)).size).toBe(24)
})

describe.each<{ outcome: Outcome; expected: object }>([
  {
    outcome: 'open',
    expected: { status: 'disputed', status_before_dispute: 'partially_refunded', refunded_amount: 1_500 },
  },
  { outcome: 'won', expected: { status: 'partially_refunded', refunded_amount: 1_500 } },
  { outcome: 'lost', expected: { status: 'refunded', refunded_amount: 5_000 } },
])('with a dispute that is $outcome', ({ outcome, expected }) => {
  let first: unknown

  test.each(orders.map((order) => ({ name: order.join(' ') })))(
    'events in the order $name end in the same state',
    async ({ name }) => {
      const { order, events } = await prepare(outcome)

      for (const at of name.split(' ')) await desk.tell(...events[Number(at)]!)

      const state = await stateOf(sql, order.id)
      expect(state.order).toMatchObject(expected)
      first ??= state
      expect(state).toEqual(first)
      await expectSound(sql)
    },
  )

  test('events that come three times each, all at once, end in it too', async () => {
    const { order, events } = await prepare(outcome)
    const webhooks = events.map(([type, id]) => desk.webhookOf(type, id))

    const answers = await Promise.all([...webhooks, ...webhooks, ...webhooks].map(desk.deliver))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    await Promise.all(desk.messages.splice(0).map(desk.handle))
    desk.clock.advance(61)
    await desk.work()

    expect(await stateOf(sql, order.id)).toEqual(first)
    await expectSound(sql)
  })

  test('without any event, asking again ends in it too', async () => {
    const { order } = await prepare(outcome)
    desk.clock.advance(16 * 60)

    await desk.reconcile()

    expect(await stateOf(sql, order.id)).toEqual(first)
    await expectSound(sql)
  })
})
