import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chooseStripeAccount, storeStripeKeys, stripeUrlOf } from '../../../infra/local/stripe-account.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'veza-stripe-'))
afterAll(() => rmSync(directory, { recursive: true }))

const generated = '{"secret_key":"","webhook_secret":"generated"}'

function secretsOf(initial: string) {
  const puts: string[] = []
  return {
    puts,
    value: () => puts.at(-1) ?? initial,
    put: (_: string, value: string) => void puts.push(value),
  }
}

const templateWith = (variables: object) => ({
  ofType: () => [{ properties: { Environment: { Variables: variables } } }] as never,
})

test('is the stand-in with keys of its own, which nobody else may read', () => {
  const account = chooseStripeAccount(directory, {})
  expect(chooseStripeAccount(directory, {})).toEqual(account)
  expect(account.secret_key).toMatch(/^sk_test_\w{48}$/)
  expect(account.webhook_secret).toMatch(/^whsec_\w{32}$/)
  expect(stripeUrlOf(account, 'http://here')).toBe('http://here')
  expect(statSync(path.join(directory, 'stripe', 'keys.json')).mode & 0o077).toBe(0)
})

test('is a test account at Stripe where its key is in the environment', () => {
  const account = chooseStripeAccount(directory, { STRIPE_SECRET_KEY: 'sk_test_1' })
  expect(account).toEqual({ secret_key: 'sk_test_1' })
  expect(stripeUrlOf(account, 'http://here')).toBe('https://api.stripe.com')

  const listening = { STRIPE_SECRET_KEY: 'rk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_1' }
  expect(chooseStripeAccount(directory, listening)).toEqual({
    secret_key: 'rk_test_1',
    webhook_secret: 'whsec_1',
  })
})

test.each(['sk_live_1', 'rk_live_1', 'pk_test_1', 'nonsense'])(
  'refuses the key %s and does not repeat it',
  (key) => {
    const choose = () => chooseStripeAccount(directory, { STRIPE_SECRET_KEY: key })
    expect(choose).toThrow('no test key')
    expect(choose).not.toThrow(key)
  },
)

test('puts the keys where functions look for them, once', () => {
  const secrets = secretsOf(generated)
  const account = chooseStripeAccount(directory, {})
  for (const _ of [1, 2]) storeStripeKeys(account, templateWith({ STRIPE_SECRET_ARN: 'stripe' }), secrets)
  const { secret_key, webhook_secret } = account
  expect(secrets.puts.map((put) => JSON.parse(put))).toEqual([{ secret_key, webhook_secret }])
})

test('leaves a secret of the webhooks that opens nothing where none is given', () => {
  const secrets = secretsOf(generated)
  storeStripeKeys({ secret_key: 'sk_test_1' }, templateWith({ STRIPE_SECRET_ARN: 'stripe' }), secrets)
  expect(JSON.parse(secrets.value())).toEqual({ secret_key: 'sk_test_1', webhook_secret: 'generated' })
})

test('says so where the template has no place for them', () => {
  expect(() => storeStripeKeys({ secret_key: 'sk_test_1' }, templateWith({}), secretsOf(generated))).toThrow(
    'no place',
  )
})
