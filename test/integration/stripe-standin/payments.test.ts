import { pay, refusalOf, useStandIn } from '../../support/stripe-standin.ts'

const standIn = useStandIn()

const create = (params: object = {}) =>
  standIn.stripe.paymentIntents.create({ amount: 2_000, currency: 'usd', ...params })

test('takes a payment through its states to the money on the balance', async () => {
  const { stripe } = standIn
  const created = await create({
    automatic_payment_methods: { enabled: true },
    metadata: { order_id: 'o1' },
    transfer_group: 'o1',
  })
  expect(created).toMatchObject({
    object: 'payment_intent',
    status: 'requires_payment_method',
    amount: 2_000,
    amount_received: 0,
    latest_charge: null,
    metadata: { order_id: 'o1' },
    transfer_group: 'o1',
    automatic_payment_methods: { enabled: true, allow_redirects: 'always' },
    capture_method: 'automatic_async',
  })
  expect(created.client_secret).toMatch(new RegExp(`^${created.id}_secret_\\w+$`))

  const paid = await stripe.paymentIntents.confirm(created.id, { payment_method: 'pm_card_visa' })
  expect(paid).toMatchObject({ status: 'succeeded', amount_received: 2_000, last_payment_error: null })

  await standIn.delivered('charge.updated', paid.latest_charge as string)
  const found = await stripe.paymentIntents.retrieve(paid.id, {
    expand: ['latest_charge.balance_transaction', 'payment_method'],
  })
  expect(found).toMatchObject({
    payment_method: { object: 'payment_method', type: 'card', card: { brand: 'visa', last4: '4242' } },
    latest_charge: {
      object: 'charge',
      amount: 2_000,
      paid: true,
      status: 'succeeded',
      payment_intent: paid.id,
      metadata: { order_id: 'o1' },
      transfer_group: 'o1',
      balance_transaction: {
        type: 'charge',
        amount: 2_000,
        fee: 88,
        net: 1_912,
        status: 'pending',
        fee_details: [{ amount: 88, type: 'stripe_fee' }],
      },
    },
  })
})

test('books a charge with the payment where it is captured at once, and later where it is not', async () => {
  const atOnce = await pay(standIn.stripe, { capture_method: 'automatic', expand: ['latest_charge'] })
  expect(atOnce.latest_charge).toMatchObject({ balance_transaction: expect.stringMatching(/^txn_/) })

  const later = await pay(standIn.stripe, { expand: ['latest_charge'] })
  expect(later.latest_charge).toMatchObject({ balance_transaction: null })
  const [updated] = await standIn.delivered('charge.updated', (later.latest_charge as { id: string }).id)
  expect(updated!.event.data.previous_attributes).toEqual({ balance_transaction: null })
})

test('waits for a payment method, then for the confirmation', async () => {
  const intent = await create({ payment_method: 'pm_card_visa' })
  expect(intent).toMatchObject({ status: 'requires_confirmation' })

  const paid = await standIn.stripe.paymentIntents.confirm(intent.id)
  expect(paid.status).toBe('succeeded')

  const bare = await create()
  const refusal = await refusalOf(standIn.stripe.paymentIntents.confirm(bare.id))
  expect(refusal).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' })
  expect(refusal.payment_intent).toMatchObject({ id: bare.id, status: 'requires_payment_method' })
})

test.each([
  { card: 'pm_card_chargeDeclined', code: 'card_declined', decline_code: 'generic_decline' },
  {
    card: 'pm_card_chargeDeclinedInsufficientFunds',
    code: 'card_declined',
    decline_code: 'insufficient_funds',
  },
  { card: 'pm_card_chargeDeclinedExpiredCard', code: 'expired_card', decline_code: undefined },
])('declines $card, keeps what happened, and takes another card', async ({ card, code, decline_code }) => {
  const { stripe } = standIn
  const intent = await create()
  const refusal = await refusalOf(stripe.paymentIntents.confirm(intent.id, { payment_method: card }))
  expect(refusal).toMatchObject({
    type: 'StripeCardError',
    rawType: 'card_error',
    statusCode: 402,
    code,
    payment_intent: { id: intent.id, status: 'requires_payment_method', payment_method: null },
  })
  expect(refusal.decline_code || undefined).toBe(decline_code)

  const kept = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] })
  expect(kept).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code, type: 'card_error', payment_method: { object: 'payment_method' } },
    latest_charge: { status: 'failed', paid: false, failure_code: code, balance_transaction: null },
  })
  await standIn.delivered('payment_intent.payment_failed', intent.id)

  const paid = await stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' })
  expect(paid).toMatchObject({ status: 'succeeded', last_payment_error: null })
})

test('asks for 3-D Secure and goes on when it is done, or does not', async () => {
  const { stripe } = standIn
  const paying = { confirm: true, payment_method: 'pm_card_authenticationRequired' }
  const intent = await create({ ...paying, return_url: 'http://127.0.0.1:1/back?a=1' })
  expect(intent).toMatchObject({ status: 'requires_action', next_action: { type: 'redirect_to_url' } })
  const { url } = intent.next_action!.redirect_to_url!

  const page = await fetch(url!)
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('$20.00')])
  const done = await fetch(url!, { method: 'POST', redirect: 'manual', body: 'outcome=succeeded' })
  expect(done.status).toBe(303)
  const back = new URL(done.headers.get('location')!)
  expect(Object.fromEntries(back.searchParams)).toEqual({
    a: '1',
    payment_intent: intent.id,
    payment_intent_client_secret: intent.client_secret,
    redirect_status: 'succeeded',
  })
  expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
    status: 'succeeded',
    next_action: null,
  })

  const other = await create(paying)
  expect(other.next_action!.type).toBe('use_stripe_sdk')
  const { body } = await standIn.local('POST', `payment_intents/${other.id}/authenticate`, {
    outcome: 'failed',
  })
  expect(body).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'payment_intent_authentication_failure' },
  })
  const again = await standIn.local('POST', `payment_intents/${other.id}/authenticate`)
  expect(again.status).toBe(400)
})

test('refuses 3-D Secure where nobody is there to do it', async () => {
  const call = create({ confirm: true, off_session: true, payment_method: 'pm_card_authenticationRequired' })
  expect(await refusalOf(call)).toMatchObject({ statusCode: 402, code: 'authentication_required' })
})

test('leaves a bank debit processing until its bank has answered', async () => {
  const { stripe } = standIn
  const intent = await pay(stripe, { payment_method: 'pm_usBankAccount_success' })
  expect(intent).toMatchObject({ status: 'processing', amount_received: 0 })
  expect(await refusalOf(stripe.paymentIntents.cancel(intent.id))).toMatchObject({
    code: 'payment_intent_unexpected_state',
  })

  await standIn.local('POST', `payment_intents/${intent.id}/settle`)
  await standIn.delivered('payment_intent.succeeded', intent.id)
  expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
    status: 'succeeded',
    amount_received: 2_000,
  })

  const poor = await pay(stripe, { payment_method: 'pm_usBankAccount_insufficientFunds' })
  await standIn.local('POST', `payment_intents/${poor.id}/settle`)
  expect(await stripe.paymentIntents.retrieve(poor.id, { expand: ['latest_charge'] })).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { decline_code: 'insufficient_funds' },
    latest_charge: { status: 'failed', paid: false },
  })
})

test('cancels what is open and nothing else', async () => {
  const { stripe } = standIn
  const open = await create()
  expect(await stripe.paymentIntents.cancel(open.id, { cancellation_reason: 'abandoned' })).toMatchObject({
    status: 'canceled',
    cancellation_reason: 'abandoned',
    canceled_at: expect.any(Number),
  })
  await standIn.delivered('payment_intent.canceled', open.id)

  const paid = await pay(stripe)
  const refusals = [
    await refusalOf(stripe.paymentIntents.cancel(open.id)),
    await refusalOf(stripe.paymentIntents.cancel(paid.id)),
    await refusalOf(stripe.paymentIntents.confirm(open.id, { payment_method: 'pm_card_visa' })),
    await refusalOf(stripe.paymentIntents.confirm(paid.id, { payment_method: 'pm_card_visa' })),
  ]
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' })
  }
  expect(refusals[1]!.payment_intent).toMatchObject({ id: paid.id, status: 'succeeded' })
})

test.each([
  { name: 'no amount', params: { amount: undefined }, code: 'parameter_missing', param: 'amount' },
  { name: 'a fraction', params: { amount: 10.5 }, code: 'parameter_invalid_integer', param: 'amount' },
  { name: 'nothing', params: { amount: 0 }, code: 'parameter_invalid_integer', param: 'amount' },
  { name: 'too little', params: { amount: 49 }, code: 'amount_too_small', param: 'amount' },
  {
    name: 'too little yen',
    params: { amount: 49, currency: 'jpy' },
    code: 'amount_too_small',
    param: 'amount',
  },
  { name: 'too much', params: { amount: 100_000_000 }, code: 'amount_too_large', param: 'amount' },
  { name: 'an unknown currency', params: { currency: 'xxx' }, code: undefined, param: 'currency' },
  { name: 'an unknown parameter', params: { colour: 'red' }, code: 'parameter_unknown', param: 'colour' },
  {
    name: 'an unknown nested one',
    params: { automatic_payment_methods: { enabled: true, x: 1 } },
    code: 'parameter_unknown',
    param: 'automatic_payment_methods[x]',
  },
  {
    name: 'no such payment method',
    params: { payment_method: 'pm_none' },
    code: 'resource_missing',
    param: 'payment_method',
  },
  {
    name: 'a return_url without confirm',
    params: { return_url: 'http://x' },
    code: undefined,
    param: 'return_url',
  },
])('refuses $name', async ({ params, code, param }) => {
  const refusal = await refusalOf(create(params))
  expect(refusal).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400, param })
  expect(refusal.code).toBe(code)
})

test('takes the whole units of yen', async () => {
  const paid = await pay(standIn.stripe, { amount: 50, currency: 'jpy', capture_method: 'automatic' })
  const found = await standIn.stripe.paymentIntents.retrieve(paid.id, {
    expand: ['latest_charge.balance_transaction'],
  })
  expect(found.latest_charge).toMatchObject({ balance_transaction: { amount: 50, fee: 31, currency: 'jpy' } })
})

test('changes metadata key by key and refuses what is too long', async () => {
  const { stripe } = standIn
  const { id } = await create({ metadata: { keep: '1', drop: '2' } })
  const changed = await stripe.paymentIntents.update(id, { metadata: { drop: '', add: '3' } })
  expect(changed.metadata).toEqual({ keep: '1', add: '3' })
  expect((await stripe.paymentIntents.update(id, { metadata: '' })).metadata).toEqual({})

  const tooMany = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, 'v']))
  for (const metadata of [{ ['k'.repeat(41)]: 'v' }, { k: 'v'.repeat(501) }, tooMany]) {
    expect(await refusalOf(stripe.paymentIntents.update(id, { metadata }))).toMatchObject({ statusCode: 400 })
  }
})

test('knows no intent of an id that it did not give', async () => {
  expect(await refusalOf(standIn.stripe.paymentIntents.retrieve('pi_none'))).toMatchObject({
    statusCode: 404,
    code: 'resource_missing',
    param: 'id',
  })
})
