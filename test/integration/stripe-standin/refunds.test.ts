import { pay, refusalOf, useStandIn } from '../../support/stripe-standin.ts'

const standIn = useStandIn()

test('refunds in parts until nothing is left', async () => {
  const { stripe } = standIn
  const { id: payment_intent, latest_charge } = await pay(stripe)
  const part = await stripe.refunds.create({
    payment_intent,
    amount: 500,
    reason: 'requested_by_customer',
    metadata: { refund_id: 'r1' },
    expand: ['balance_transaction'],
  })
  expect(part).toMatchObject({
    object: 'refund',
    amount: 500,
    charge: latest_charge,
    payment_intent,
    status: 'succeeded',
    reason: 'requested_by_customer',
    metadata: { refund_id: 'r1' },
    balance_transaction: { type: 'refund', amount: -500, fee: 0, net: -500 },
  })
  expect(await stripe.charges.retrieve(latest_charge as string)).toMatchObject({
    amount_refunded: 500,
    refunded: false,
  })

  const tooMuch = await refusalOf(stripe.refunds.create({ payment_intent, amount: 1_501 }))
  expect(tooMuch).toMatchObject({
    statusCode: 400,
    param: 'amount',
    message: 'Refund amount ($15.01) is greater than unrefunded amount on charge ($15.00)',
  })

  const rest = await stripe.refunds.create({ charge: latest_charge as string })
  expect(rest.amount).toBe(1_500)
  const charge = await stripe.charges.retrieve(latest_charge as string, { expand: ['refunds'] })
  expect(charge).toMatchObject({ amount_refunded: 2_000, refunded: true })
  expect(charge.refunds!.data.map(({ id }) => id)).toEqual([rest.id, part.id])

  const again = await refusalOf(stripe.refunds.create({ payment_intent }))
  expect(again).toMatchObject({ statusCode: 400, code: 'charge_already_refunded' })
  await standIn.delivered('refund.created', part.id)
  await standIn.delivered('charge.refunded', latest_charge as string, 2)
})

test('refuses what there is nothing to refund of', async () => {
  const { stripe } = standIn
  const open = await stripe.paymentIntents.create({ amount: 2_000, currency: 'usd' })
  const paid = await pay(stripe)
  const refuse = async (params: object) => refusalOf(stripe.refunds.create(params))
  expect(await refuse({ payment_intent: open.id })).toMatchObject({ code: 'payment_intent_unexpected_state' })
  expect(await refuse({ payment_intent: 'pi_none' })).toMatchObject({ code: 'resource_missing' })
  expect(await refuse({ payment_intent: paid.id, amount: 0 })).toMatchObject({ param: 'amount' })
  expect(await refuse({})).toMatchObject({ statusCode: 400 })
})

test('lets a refund fail afterwards, and the money is the charge’s again', async () => {
  const { stripe } = standIn
  const paid = await pay(stripe, { payment_method: 'pm_card_refundFail' })
  const refund = await stripe.refunds.create({ payment_intent: paid.id })
  expect(refund.status).toBe('succeeded')

  await standIn.delivered('refund.failed', refund.id)
  expect(await stripe.refunds.retrieve(refund.id, { expand: ['failure_balance_transaction'] })).toMatchObject(
    {
      status: 'failed',
      failure_reason: 'expired_or_canceled_card',
      failure_balance_transaction: { amount: 2_000, type: 'refund_failure' },
    },
  )
  expect(await stripe.charges.retrieve(paid.latest_charge as string)).toMatchObject({
    amount_refunded: 0,
    refunded: false,
  })
})

test('does not refund what the bank has taken back, but what was won again', async () => {
  const { stripe } = standIn
  const paid = await pay(stripe, { payment_method: 'pm_card_createDispute' })
  const charge = paid.latest_charge as string
  const [created] = await standIn.delivered('charge.dispute.created', charge)
  expect(await refusalOf(stripe.refunds.create({ charge }))).toMatchObject({
    statusCode: 400,
    code: 'charge_disputed',
  })

  await standIn.local('POST', `disputes/${created!.object.id}/close`, { status: 'won' })
  expect((await stripe.refunds.create({ charge })).status).toBe('succeeded')
})
