import { createStripe } from '../../../lib/stripe/client.ts'
import { SpentKeyError, StripeRefusal } from '../../../lib/stripe/errors.ts'
import type { StripePort } from '../../../lib/stripe/port.ts'
import { useStandIn } from '../../support/stripe-standin.ts'

const standIn = useStandIn()
let port: StripePort

beforeAll(() => {
  port = createStripe({
    loadSecret: async () => ({ secret_key: standIn.keys.secret_key, webhook_secrets: [] }),
    apiUrl: standIn.url,
  })
})

/** An order that was paid. */
async function pay(order_id: string, payment_method = 'pm_card_visa') {
  const intent = await port.createIntent(
    { order_id, amount: 2_000, currency: 'usd' },
    `order:${order_id}:intent:1`,
  )
  await standIn.stripe.paymentIntents.confirm(intent.id, { payment_method })
  return port.retrieveIntent(intent.id)
}

test('a payment and what Stripe keeps of it', async () => {
  const paid = await pay('o1')
  expect(paid).toMatchObject({ order_id: 'o1', status: 'succeeded', amount_received: 2_000, currency: 'usd' })
  await standIn.delivered('charge.updated', paid.charge_id!)
  expect((await port.retrieveIntent(paid.id)).fee).toEqual({
    balance_transaction_id: expect.stringMatching(/^txn_/),
    amount: 88,
    currency: 'usd',
  })
  expect(await port.retrieveCharge(paid.charge_id!)).toMatchObject({
    payment_intent_id: paid.id,
    is_disputed: false,
  })
  await expect(port.cancelIntent(paid.id, 'cancel:o1')).rejects.toMatchObject({
    code: 'payment_intent_unexpected_state',
  })
})

test('refunds', async () => {
  const { id: payment_intent_id } = await pay('o2')
  const request = {
    refund_id: 'r2',
    order_id: 'o2',
    payment_intent_id,
    amount: 500,
    reason: 'duplicate' as const,
  }
  const refund = await port.createRefund(request, 'refund:r2:1')
  expect(refund).toMatchObject({ refund_id: 'r2', payment_intent_id, amount: 500, status: 'succeeded' })
  expect(await port.retrieveRefund(refund.id)).toEqual(refund)
  expect(await port.listRefunds(payment_intent_id)).toEqual([refund])
  await expect(port.createRefund({ ...request, amount: 1_501 }, 'refund:r2:2')).rejects.toThrow(StripeRefusal)
})

test('disputes', async () => {
  const paid = await pay('o3', 'pm_card_createDispute')
  const [created] = await standIn.delivered('charge.dispute.created', paid.charge_id!)
  const dispute = await port.retrieveDispute(created!.object.id as string)
  expect(dispute).toMatchObject({
    payment_intent_id: paid.id,
    status: 'needs_response',
    balance_transactions: [{ fee: 1_500 }],
  })
  expect(await port.listDisputes(paid.id)).toEqual([dispute])
  const change = { evidence: { uncategorized_text: 'They downloaded it' }, submit: true }
  expect(await port.updateDispute(dispute.id, change, 'evidence:1')).toMatchObject({ status: 'under_review' })
})

test('accounts, transfers and payouts', async () => {
  const account = await port.createAccount({ user_id: 'u4', country: 'US' }, 'account:u4')
  expect(account).toMatchObject({ user_id: 'u4', payouts_enabled: false, country: 'US' })
  const link = await port.createAccountLink({
    account_id: account.id,
    refresh_url: 'http://127.0.0.1:1/again',
    return_url: 'http://127.0.0.1:1/back',
  })
  await fetch(link.url, { method: 'POST', redirect: 'manual' })
  expect(await port.retrieveAccount(account.id)).toMatchObject({
    payouts_enabled: true,
    requirements_due: [],
  })

  await standIn.local('POST', 'topups', { amount: 10_000, currency: 'usd' })
  const money = { payout_id: 'p4', amount: 1_000, currency: 'usd' }
  const transfer = await port.createTransfer({ ...money, account_id: account.id }, 'transfer:p4:1')
  expect(transfer).toMatchObject({ payout_id: 'p4', account_id: account.id, amount_reversed: 0 })
  expect(await port.listTransfers('p4')).toEqual([transfer])
  const payout = await port.createPayout(account.id, money, 'payout:p4:1')
  await standIn.delivered('payout.paid', payout.id)
  expect(await port.retrievePayout(account.id, payout.id)).toMatchObject({ payout_id: 'p4', status: 'paid' })
})

test('the balance, page by page', async () => {
  const range = { from: new Date(0), until: new Date(Date.now() + 86_400_000) }
  const { data, has_more } = await port.listBalanceTransactions(range)
  expect(has_more).toBe(false)
  expect(new Set(data.map(({ type }) => type))).toEqual(
    new Set(['charge', 'refund', 'adjustment', 'topup', 'transfer']),
  )
  expect(await port.listBalanceTransactions({ ...range, after: data.at(-1)!.id })).toEqual({
    data: [],
    has_more: false,
  })
})

test('a failure that is repeated, and one that is not', async () => {
  const create = (key: string) => port.createIntent({ order_id: 'o5', amount: 2_000, currency: 'usd' }, key)
  await standIn.local('POST', 'calls', { mode: 'fail', status: 500 })
  await expect(create('order:o5:intent:1')).rejects.toThrow(SpentKeyError)
  await standIn.local('POST', 'calls', { mode: 'fail', status: 429 })
  await expect(create('order:o5:intent:2')).rejects.toMatchObject({ code: 'unavailable' })
  expect(await create('order:o5:intent:2')).toMatchObject({ order_id: 'o5' })
})
