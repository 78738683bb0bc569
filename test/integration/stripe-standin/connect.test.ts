import { pay, refusalOf, useStandIn } from '../../support/stripe-standin.ts'

const standIn = useStandIn()

const createAccount = (params: object = {}) =>
  standIn.stripe.accounts.create({
    type: 'express',
    capabilities: { transfers: { requested: true } },
    settings: { payouts: { schedule: { interval: 'manual' } } },
    ...params,
  })

async function newSeller(country = 'US'): Promise<string> {
  const { id } = await createAccount({ country })
  await standIn.local('POST', `accounts/${id}/onboard`)
  return id
}

/** A seller with money. */
async function newRichSeller(amount = 5_000): Promise<string> {
  const destination = await newSeller()
  await standIn.local('POST', 'topups', { amount, currency: 'usd' })
  await standIn.stripe.transfers.create({ amount, currency: 'usd', destination })
  return destination
}

const available = async (stripeAccount?: string, currency = 'usd') => {
  const balance = await standIn.stripe.balance.retrieve({}, { ...(stripeAccount && { stripeAccount }) })
  return balance.available.find((one) => one.currency === currency)?.amount ?? 0
}

describe('accounts', () => {
  test('are asked everything by the page of a link, which works once', async () => {
    const { stripe } = standIn
    const account = await createAccount({
      country: 'DE',
      email: 's@example.com',
      metadata: { user_id: 'u1' },
    })
    expect(account).toMatchObject({
      object: 'account',
      type: 'express',
      country: 'DE',
      default_currency: 'eur',
      charges_enabled: false,
      payouts_enabled: false,
      details_submitted: false,
      capabilities: { transfers: 'inactive' },
      controller: { stripe_dashboard: { type: 'express' }, is_controller: true },
      requirements: {
        currently_due: expect.arrayContaining(['external_account']),
        disabled_reason: 'requirements.past_due',
      },
      settings: { payouts: { schedule: { interval: 'manual' } } },
      metadata: { user_id: 'u1' },
    })

    const link = await linkFor(account.id)
    expect(Object.keys(link).sort()).toEqual(['created', 'expires_at', 'object', 'url'])
    expect(link.expires_at - link.created).toBe(300)
    const page = await fetch(link.url)
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<button class="main">')])

    const done = await fetch(link.url, { method: 'POST', redirect: 'manual' })
    expect([done.status, done.headers.get('location')]).toEqual([303, 'http://127.0.0.1:1/back'])
    expect(await stripe.accounts.retrieve(account.id)).toMatchObject({
      charges_enabled: true,
      payouts_enabled: true,
      details_submitted: true,
      capabilities: { transfers: 'active' },
      requirements: { currently_due: [], disabled_reason: null },
      external_accounts: { data: [{ object: 'bank_account', last4: '6789', currency: 'eur' }] },
    })
    const [updated] = await standIn.delivered('account.updated', account.id)
    expect(updated!.account).toBe(account.id)

    const again = await fetch(link.url, { redirect: 'manual' })
    expect(again.headers.get('location')).toBe('http://127.0.0.1:1/again')
  })

  test('come back unfinished when nothing was answered, and late to a new link', async () => {
    const { id } = await createAccount()
    const left = await linkFor(id)
    const unfinished = await fetch(left.url, {
      method: 'POST',
      body: 'outcome=unfinished',
      redirect: 'manual',
    })
    expect(unfinished.headers.get('location')).toBe('http://127.0.0.1:1/back')

    const old = await linkFor(id)
    await standIn.advance(301_000)
    const late = await fetch(old.url, { method: 'POST', redirect: 'manual' })
    expect(late.headers.get('location')).toBe('http://127.0.0.1:1/again')
    expect(await standIn.stripe.accounts.retrieve(id)).toMatchObject({ details_submitted: false })
  })

  test('are made of a type or of properties', async () => {
    const controller = {
      fees: { payer: 'application' as const },
      losses: { payments: 'application' as const },
      stripe_dashboard: { type: 'express' as const },
    }
    const account = await createAccount({ type: undefined, controller })
    expect(account).toMatchObject({ type: 'express', controller: { ...controller, type: 'application' } })
    expect(await refusalOf(createAccount({ controller }))).toMatchObject({ statusCode: 400 })
    expect(await refusalOf(createAccount({ country: 'XX' }))).toMatchObject({ code: 'country_unsupported' })
  })

  test('are changed, listed, restricted and deleted', async () => {
    const { stripe } = standIn
    const id = await newSeller()
    const changed = await stripe.accounts.update(id, {
      metadata: { a: '1' },
      business_profile: { name: 'Me' },
    })
    expect(changed).toMatchObject({ metadata: { a: '1' }, business_profile: { name: 'Me' } })
    expect((await stripe.accounts.list({ limit: 1 })).data).toMatchObject([{ id }])

    await standIn.local('POST', `accounts/${id}/restrict`)
    expect(await stripe.accounts.retrieve(id)).toMatchObject({
      payouts_enabled: false,
      capabilities: { transfers: 'inactive' },
      requirements: { currently_due: ['individual.verification.document'] },
    })

    expect(await stripe.accounts.del(id)).toEqual(expect.objectContaining({ id, deleted: true }))
    expect(await refusalOf(stripe.accounts.retrieve(id))).toMatchObject({ statusCode: 404 })
    const rich = await newRichSeller()
    expect(await refusalOf(stripe.accounts.del(rich))).toMatchObject({ statusCode: 400 })
  })

  test('that the platform does not have are nobody’s', async () => {
    const call = standIn.stripe.balance.retrieve({}, { stripeAccount: 'acct_none' })
    expect(await refusalOf(call)).toMatchObject({
      type: 'StripePermissionError',
      statusCode: 403,
      code: 'account_invalid',
    })
  })

  const linkFor = (account: string) =>
    standIn.stripe.accountLinks.create({
      account,
      refresh_url: 'http://127.0.0.1:1/again',
      return_url: 'http://127.0.0.1:1/back',
      type: 'account_onboarding',
    })
})

describe('transfers', () => {
  test('move money from the platform to an account, and back', async () => {
    const { stripe } = standIn
    const destination = await newSeller()
    await standIn.local('POST', 'topups', { amount: 5_000, currency: 'usd' })
    const before = await available()
    const transfer = await stripe.transfers.create({
      amount: 4_000,
      currency: 'usd',
      destination,
      transfer_group: 'p1',
      metadata: { payout_id: 'p1' },
      expand: ['balance_transaction', 'destination'],
    })
    expect(transfer).toMatchObject({
      object: 'transfer',
      amount: 4_000,
      amount_reversed: 0,
      reversed: false,
      transfer_group: 'p1',
      destination: { id: destination, object: 'account' },
      balance_transaction: { type: 'transfer', amount: -4_000, fee: 0 },
      reversals: { object: 'list', data: [] },
    })
    expect([await available(), await available(destination)]).toEqual([before - 4_000, 4_000])
    const payment = await stripe.charges.retrieve(
      transfer.destination_payment as string,
      { expand: ['balance_transaction'] },
      { stripeAccount: destination },
    )
    expect(payment).toMatchObject({
      source_transfer: transfer.id,
      balance_transaction: { type: 'payment', net: 4_000 },
    })
    await standIn.delivered('transfer.created', transfer.id)

    const reversal = await stripe.transfers.createReversal(transfer.id, { amount: 1_000 })
    expect(reversal).toMatchObject({ object: 'transfer_reversal', amount: 1_000, transfer: transfer.id })
    expect(await refusalOf(stripe.transfers.createReversal(transfer.id, { amount: 3_001 }))).toMatchObject({
      statusCode: 400,
      param: 'amount',
    })
    await stripe.transfers.createReversal(transfer.id)
    const reversed = await stripe.transfers.retrieve(transfer.id)
    expect(reversed).toMatchObject({ amount_reversed: 4_000, reversed: true })
    expect(reversed.reversals.data).toHaveLength(2)
    expect((await stripe.transfers.listReversals(transfer.id)).data).toHaveLength(2)
    expect([await available(), await available(destination)]).toEqual([before, 0])
    await standIn.delivered('transfer.reversed', transfer.id, 2)
    expect((await stripe.transfers.list({ transfer_group: 'p1' })).data).toMatchObject([{ id: transfer.id }])
  })

  test('need the money to be available, an account that exists, and one that may receive', async () => {
    const { stripe } = standIn
    const transfer = (params: object) =>
      refusalOf(stripe.transfers.create({ amount: 1_000, currency: 'gbp', destination: '', ...params }))
    const destination = await newSeller('GB')
    expect(await transfer({ destination })).toMatchObject({ statusCode: 400, code: 'balance_insufficient' })
    expect(await transfer({ destination: 'acct_none' })).toMatchObject({ code: 'resource_missing' })
    expect(await transfer({ destination: (await createAccount()).id })).toMatchObject({
      code: 'insufficient_capabilities_for_transfer',
    })

    const paid = await pay(stripe, { currency: 'gbp', capture_method: 'automatic' })
    expect(await transfer({ destination })).toMatchObject({ code: 'balance_insufficient' })
    await standIn.advance(2 * 86_400_000)
    const charge = await stripe.charges.retrieve(paid.latest_charge as string, {
      expand: ['balance_transaction'],
    })
    expect(charge.balance_transaction).toMatchObject({ status: 'available' })
    const done = await stripe.transfers.create({ amount: 1_000, currency: 'gbp', destination })
    expect(done.amount).toBe(1_000)
  })

  test('of a charge go before its money is there, and no further than it', async () => {
    const { stripe } = standIn
    const destination = await newSeller()
    const { latest_charge } = await pay(stripe, { transfer_group: 'o7', capture_method: 'automatic' })
    const params = { currency: 'usd', destination, source_transaction: latest_charge as string }
    const transfer = await stripe.transfers.create({ ...params, amount: 1_500 })
    expect(transfer).toMatchObject({ source_transaction: latest_charge, transfer_group: 'o7' })
    expect(await refusalOf(stripe.transfers.create({ ...params, amount: 501 }))).toMatchObject({
      param: 'amount',
    })
    const balance = await stripe.balance.retrieve({}, { stripeAccount: destination })
    expect(balance.pending).toMatchObject([{ amount: 1_500, currency: 'usd' }])
  })
})

describe('payouts', () => {
  const payOut = (stripeAccount: string, amount = 1_000) =>
    standIn.stripe.payouts.create(
      { amount, currency: 'usd', metadata: { payout_id: 'p' } },
      { stripeAccount },
    )

  test('are pending, and then paid', async () => {
    const seller = await newRichSeller()
    const payout = await payOut(seller)
    expect(payout).toMatchObject({
      object: 'payout',
      status: 'pending',
      amount: 1_000,
      automatic: false,
      metadata: { payout_id: 'p' },
      destination: expect.stringMatching(/^ba_/),
    })
    expect(await available(seller)).toBe(4_000)

    const [paid] = await standIn.delivered('payout.paid', payout.id)
    expect(paid).toMatchObject({ account: seller, object: { status: 'paid' } })
    const found = await standIn.stripe.payouts.retrieve(payout.id, {}, { stripeAccount: seller })
    expect(found.status).toBe('paid')
    expect(await refusalOf(standIn.stripe.payouts.retrieve(payout.id))).toMatchObject({ statusCode: 404 })
  })

  test('fail where the bank does not know the account, and the money is there again', async () => {
    const seller = await newRichSeller()
    await standIn.local('POST', `accounts/${seller}/bank`, { account_number: '000111111116' })
    const payout = await payOut(seller)

    await standIn.delivered('payout.failed', payout.id)
    const failed = await standIn.stripe.payouts.retrieve(
      payout.id,
      { expand: ['failure_balance_transaction'] },
      { stripeAccount: seller },
    )
    expect(failed).toMatchObject({
      status: 'failed',
      failure_code: 'no_account',
      failure_balance_transaction: { type: 'payout_failure', amount: 1_000 },
    })
    expect(await available(seller)).toBe(5_000)
  })

  test('fail after they were paid, too', async () => {
    const seller = await newRichSeller()
    const payout = await payOut(seller)
    await standIn.delivered('payout.paid', payout.id)
    await standIn.local('POST', `payouts/${payout.id}/fail`, { failure_code: 'account_closed' })
    await standIn.delivered('payout.failed', payout.id)
    expect(await available(seller)).toBe(5_000)
  })

  test('wait at a bank that is silent, for a switch or to be cancelled', async () => {
    const seller = await newRichSeller()
    const stripeAccount = seller
    await standIn.local('POST', `accounts/${seller}/bank`, { account_number: '000000000000' })
    const [one, other] = [await payOut(seller), await payOut(seller)]
    await standIn.local('POST', `payouts/${one.id}/pay`)
    await standIn.delivered('payout.paid', one.id)

    const cancelled = await standIn.stripe.payouts.cancel(other.id, {}, { stripeAccount })
    expect(cancelled.status).toBe('canceled')
    expect(await refusalOf(standIn.stripe.payouts.cancel(one.id, {}, { stripeAccount }))).toMatchObject({
      statusCode: 400,
    })
    expect(await available(seller)).toBe(4_000)
    const { data } = await standIn.stripe.payouts.list({ status: 'paid' }, { stripeAccount })
    expect(data.map(({ id }) => id)).toEqual([one.id])
  })

  test('need money, and an account that may be paid', async () => {
    const seller = await newRichSeller()
    expect(await refusalOf(payOut(seller, 5_001))).toMatchObject({ code: 'balance_insufficient' })
    const { id } = await createAccount()
    expect(await refusalOf(payOut(id))).toMatchObject({ code: 'payouts_not_allowed' })
  })
})

test('the balance and its transactions tell the same', async () => {
  const { stripe } = standIn
  const seller = await newRichSeller()
  const { data } = await stripe.balanceTransactions.list({ limit: 100 }, { stripeAccount: seller })
  expect(data.map(({ type, net }) => [type, net])).toEqual([['payment', 5_000]])
  expect(await available(seller)).toBe(5_000)
  const only = await stripe.balanceTransactions.list({ type: 'payout' }, { stripeAccount: seller })
  expect(only.data).toEqual([])
})
