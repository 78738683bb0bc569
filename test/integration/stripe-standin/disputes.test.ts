import { pay, refusalOf, useStandIn } from '../../support/stripe-standin.ts'

const standIn = useStandIn()

/** A charge of 20.00 that its bank has taken back. */
async function dispute() {
  const { latest_charge } = await pay(standIn.stripe, { payment_method: 'pm_card_createDispute' })
  const [created] = await standIn.delivered('charge.dispute.created', latest_charge as string)
  return { charge: latest_charge as string, id: created!.object.id as string }
}

test('takes the money and a fee, and asks for evidence', async () => {
  const { stripe } = standIn
  const { charge, id } = await dispute()
  const found = await stripe.disputes.retrieve(id, { expand: ['charge'] })
  expect(found).toMatchObject({
    object: 'dispute',
    amount: 2_000,
    charge: { id: charge, disputed: true },
    reason: 'fraudulent',
    status: 'needs_response',
    is_charge_refundable: false,
    evidence_details: { has_evidence: false, submission_count: 0, submission_method: 'not_submitted' },
    balance_transactions: [{ type: 'adjustment', amount: -2_000, fee: 1_500, net: -3_500 }],
  })
  await standIn.delivered('charge.dispute.funds_withdrawn', id)
  expect((await stripe.disputes.list({ charge })).data).toMatchObject([{ id }])
})

test('stages evidence, submits it, and takes it until the bank has decided', async () => {
  const { stripe } = standIn
  const { id } = await dispute()
  const staged = await stripe.disputes.update(id, {
    evidence: { product_description: 'A beat', customer_name: 'Bo' },
    submit: false,
  })
  expect(staged).toMatchObject({
    status: 'needs_response',
    evidence: { product_description: 'A beat', customer_name: 'Bo', uncategorized_text: null },
    evidence_details: { has_evidence: true, submission_count: 0 },
  })
  const submitted = await stripe.disputes.update(id, { submit: true })
  expect(submitted).toMatchObject({
    status: 'under_review',
    evidence_details: { submission_count: 1, submission_method: 'manual' },
  })
  await standIn.delivered('charge.dispute.updated', id, 2)

  await standIn.local('POST', `disputes/${id}/close`, { status: 'lost' })
  const late = stripe.disputes.update(id, { evidence: { customer_name: 'Bea' } })
  expect(await refusalOf(late)).toMatchObject({ statusCode: 400 })
  const long = stripe.disputes.update((await dispute()).id, {
    evidence: { product_description: 'x'.repeat(20_001) },
  })
  expect(await refusalOf(long)).toMatchObject({ param: 'evidence[product_description]' })
})

test('gives the money back when it is won, not the fee', async () => {
  const { stripe } = standIn
  const { charge, id } = await dispute()
  await stripe.disputes.update(id, { evidence: { uncategorized_text: 'winning_evidence' } })
  await standIn.delivered('charge.dispute.funds_reinstated', id)
  await standIn.delivered('charge.dispute.closed', id)
  const won = await stripe.disputes.retrieve(id)
  expect(won).toMatchObject({ status: 'won', is_charge_refundable: true })
  expect(won.balance_transactions.map(({ net }) => net)).toEqual([-3_500, 2_000])
  expect((await stripe.charges.retrieve(charge)).disputed).toBe(true)
})

test('keeps it when it is lost, by evidence, by the bank or by giving in', async () => {
  const { stripe } = standIn
  const [byEvidence, byBank, byUs] = [await dispute(), await dispute(), await dispute()]
  await stripe.disputes.update(byEvidence.id, { evidence: { uncategorized_text: 'losing_evidence' } })
  await standIn.local('POST', `disputes/${byBank.id}/close`, { status: 'lost' })
  expect((await stripe.disputes.close(byUs.id)).status).toBe('lost')
  for (const { id } of [byEvidence, byBank, byUs]) {
    const [closed] = await standIn.delivered('charge.dispute.closed', id)
    expect(closed!.object).toMatchObject({ status: 'lost', balance_transactions: [{ net: -3_500 }] })
  }
  expect(await refusalOf(stripe.disputes.close(byUs.id))).toMatchObject({ statusCode: 400 })
  expect((await standIn.local('POST', `disputes/${byBank.id}/close`, { status: 'won' })).status).toBe(400)
})

test('opens by a switch, over a part, once', async () => {
  const { latest_charge } = await pay(standIn.stripe)
  const open = (body: object) => standIn.local('POST', `charges/${latest_charge}/dispute`, body)
  expect((await open({ amount: 2_001 })).status).toBe(400)
  expect(await open({ amount: 500, reason: 'product_not_received' })).toMatchObject({
    status: 200,
    body: { amount: 500, reason: 'product_not_received', status: 'needs_response' },
  })
  expect((await open({})).status).toBe(400)
})
