import { pay, useStandIn } from '../../support/stripe-standin.ts'

const standIn = useStandIn()

const visit = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(standIn.url + path, { headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test('shows what it holds, and no text of anybody’s as markup', async () => {
  const { stripe } = standIn
  const paid = await pay(stripe, { metadata: { order_id: '<script>alert(1)</script>' } })
  const account = await stripe.accounts.create({ type: 'express' })
  await standIn.delivered('payment_intent.succeeded', paid.id)
  const { status, headers, text } = await visit('/')
  expect(status).toBe(200)
  for (const shown of [paid.id, account.id, '$20.00', 'payment_intent.succeeded', '&lt;script&gt;']) {
    expect(text).toContain(shown)
  }
  expect(text).not.toContain('<script')
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
})

test('shows one object as the API does', async () => {
  const { id } = await pay(standIn.stripe)
  expect(await visit(`/objects/${id}`)).toMatchObject({
    status: 200,
    text: expect.stringContaining('&quot;client_secret&quot;'),
  })
  expect(await visit('/objects/pi_none')).toMatchObject({ status: 404 })
  expect(await visit('/nothing')).toMatchObject({ status: 404 })
})

test.each(['/authenticate/pi_none', '/onboarding/alink_none'])('knows nothing of %s', async (path) => {
  expect((await visit(path)).status).toBe(404)
})

test('asks a buyer once, and lets them fail', async () => {
  const intent = await pay(standIn.stripe, { payment_method: 'pm_card_authenticationRequired' })
  const address = `/authenticate/${intent.id}`
  const failed = await fetch(standIn.url + address, { method: 'POST', body: 'outcome=failed' })
  expect(failed.status).toBe(200)
  expect((await standIn.stripe.paymentIntents.retrieve(intent.id)).status).toBe('requires_payment_method')
  expect((await visit(address)).text).toContain('Nothing to do')
})

test.each([
  { name: 'a form of another website', headers: { origin: 'https://elsewhere.example' } },
  { name: 'a page that hides which it is of', headers: { origin: 'null' } },
])('is closed to $name', async ({ headers }) => {
  expect((await visit('/', headers)).status).toBe(403)
})
