import { createQueueWorker } from '../../../lib/aws/queue-worker.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { captureLog } from '../../support/log.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { historyOf, itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'
import { createStripeDesk } from '../../support/stripe-desk.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)

afterEach(() => expectSound(sql))

async function order(desk = createStripeDesk(sql)) {
  const buyer = await seedPerson(sql)
  const product = await seedProduct(sql, await seedSeller(sql))
  const { id, intent_id } = await desk.orderPayable(buyer, itemsOf(product))
  return { desk, buyer, id, intent_id }
}

const eventOf = async (id: string) => {
  const [event] = await sql`select processed_at, tries, failed_reason from stripe_events where id = ${id}`
  return event
}

test('the same webhook 20 times at once completes an order once', async () => {
  const { desk, id, intent_id } = await order()
  desk.stripe.pay(intent_id)
  const webhook = desk.webhookOf('payment_intent.succeeded', intent_id)
  const desks = (await openConnections(20)).map((on) => createStripeDesk(on, desk))

  await Promise.all(
    desks.map(async (one) => {
      await one.deliver(webhook)
      await one.drain()
    }),
  )

  expect(await historyOf(sql, id)).toEqual(['requires_payment', 'paid', 'completed'])
  expect(await eventOf(webhook.id)).toMatchObject({ tries: 1, failed_reason: null })
})

test.each(['processing', 'requires_payment_method'])('%s completes nothing', async (status) => {
  const { desk, id, intent_id } = await order()
  if (status === 'processing') desk.stripe.startPayment(intent_id)

  await desk.tell(`payment_intent.${status}`, intent_id)
  await desk.tell('payment_intent.succeeded', intent_id)

  expect(await historyOf(sql, id)).toEqual(['requires_payment'])
})

test('an event that cannot be handled yet comes back by itself', async () => {
  const { desk, id, intent_id } = await order()
  desk.stripe.pay(intent_id)
  desk.stripe.befall('retrieveIntent', 'down', 'down')
  const webhook = desk.webhookOf('payment_intent.succeeded', intent_id)
  await desk.deliver(webhook)
  await desk.drain()
  expect(await eventOf(webhook.id)).toMatchObject({ processed_at: null, tries: 1 })

  for (const seconds of [61, 301]) {
    desk.clock.advance(seconds)
    await desk.work()
  }

  expect(await eventOf(webhook.id)).toMatchObject({ tries: 3, failed_reason: null })
  expect(await historyOf(sql, id)).toEqual(['requires_payment', 'paid', 'completed'])
})

test('an event that is given up rings, and is handled when Stripe sends it again', async () => {
  const { desk, id, intent_id } = await order()
  desk.stripe.pay(intent_id)
  desk.stripe.befall('retrieveIntent', ...Array<'down'>(8).fill('down'))
  const webhook = desk.webhookOf('payment_intent.succeeded', intent_id)
  await desk.deliver(webhook)

  const { log } = await captureLog(async () => {
    for (let hours = 0; hours < 10; hours++) {
      await desk.work()
      desk.clock.advance(3_601)
    }
  })
  expect(log.filter((line) => line.stripe_events_failed === 1)).toHaveLength(1)
  expect(await eventOf(webhook.id)).toMatchObject({ processed_at: null, tries: 8 })

  await desk.deliver(webhook)
  await desk.drain()
  expect(await historyOf(sql, id)).toEqual(['requires_payment', 'paid', 'completed'])
})

test.each(['customer.created', 'balance.available', 'payout.paid', 'invented.type'])(
  '%s is none of ours and done with',
  async (type) => {
    const desk = createStripeDesk(sql)
    const webhook = desk.webhookOf(type, 'cus_1')

    await desk.deliver(webhook)
    await desk.drain()

    expect((await eventOf(webhook.id))?.processed_at).not.toBeNull()
  },
)

test('an event of what is not there is done with', async () => {
  const desk = createStripeDesk(sql)
  const webhook = desk.webhookOf('refund.updated', 're_of_another_account')

  await desk.deliver(webhook)
  await desk.drain()

  expect((await eventOf(webhook.id))?.processed_at).not.toBeNull()
})

test('of a batch only what failed comes again', async () => {
  const { desk, id, intent_id } = await order()
  desk.stripe.pay(intent_id)
  await desk.deliver(desk.webhookOf('payment_intent.succeeded', intent_id))
  const [good] = desk.messages.splice(0)
  const work = createQueueWorker({
    handleMessage: desk.handle,
    queueUrl: 'none',
    queue: { hide: async () => {} },
  })
  const record = (messageId: string, body: unknown) =>
    ({ messageId, body: JSON.stringify(body), receiptHandle: '', attributes: {} }) as never

  const answer = await work({ Records: [record('bad', { invented: 1 }), record('good', good)] })

  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'bad' }] })
  expect(await historyOf(sql, id)).toEqual(['requires_payment', 'paid', 'completed'])
})

test('logs no secret of ours nor of the buyer, whatever goes wrong', async () => {
  const { desk, buyer, id, intent_id } = await order()
  const admin = await seedPerson(sql, undefined, { role: 'admin' })

  const { log, text } = await captureLog(async () => {
    desk.stripe.befall('retrieveIntent', 'down', 'spent')
    desk.stripe.pay(intent_id)
    await desk.tell('payment_intent.succeeded', intent_id)
    for (let hours = 0; hours < 3; hours++) {
      desk.clock.advance(3_601)
      await desk.work()
    }
    desk.stripe.befall('createRefund', 'down', 'unanswered', 'spent')
    await desk.refund(admin, id, { amount: 100 })
    for (let hours = 0; hours < 5; hours++) {
      await desk.work()
      desk.clock.advance(3_601)
    }
    await desk.read(buyer, id)
    await desk.handle({ order_id: id })
  })

  const told = [
    'An event of Stripe could not be handled',
    'An event of Stripe was handled',
    'A call could not be made',
    'A call was made',
  ]
  expect(log.map(({ message }) => message)).toEqual(expect.arrayContaining(told))
  expect(text).not.toMatch(/_secret_|whsec|sk_test/)
})
