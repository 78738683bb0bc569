import type { Secrets } from './aws/secrets.ts'
import { ensureStripeKeys, type StripeKeys } from './stripe/keys.ts'
import type { Template } from './template.ts'

/** What functions pay with: the stand-in of this platform, or a test account at Stripe. */
export interface StripeAccount {
  /** Undefined for Stripe itself. */
  readonly standIn?: StripeKeys
  readonly secret_key: string
  /** Undefined where no `stripe listen` was started for it: then nothing that is sent here is believed. */
  readonly webhook_secret?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** The keys of a test account in the environment, or else those of the stand-in. Money is never moved from here. */
export function chooseStripeAccount(dataDir: string, environment: Environment): StripeAccount {
  const { STRIPE_SECRET_KEY: secret_key, STRIPE_WEBHOOK_SECRET: webhook_secret } = environment
  if (!secret_key) {
    const standIn = ensureStripeKeys(dataDir)
    return { standIn, secret_key: standIn.secret_key, webhook_secret: standIn.webhook_secret }
  }
  if (!/^(sk|rk)_test_/.test(secret_key)) {
    throw new Error('STRIPE_SECRET_KEY is no test key (sk_test_…); this platform works with no other')
  }
  return { secret_key, ...(webhook_secret && { webhook_secret }) }
}

export const stripeUrlOf = ({ standIn }: StripeAccount, standInUrl: string): string =>
  standIn ? standInUrl : 'https://api.stripe.com'

/** Puts the keys where the functions that call Stripe look for them: what an operator does once on AWS. */
export function storeStripeKeys(
  { secret_key, webhook_secret }: StripeAccount,
  template: Pick<Template, 'ofType'>,
  secrets: Pick<Secrets, 'value' | 'put'>,
): void {
  const secretId = template.ofType('AWS::Lambda::Function').map(secretOf).find(Boolean)
  if (!secretId) throw new Error('The template has no place for the keys of Stripe')
  const before = secrets.value(secretId)
  const keys = JSON.stringify({
    ...JSON.parse(before),
    secret_key,
    ...(webhook_secret && { webhook_secret }),
  })
  if (keys !== before) secrets.put(secretId, keys)
}

const secretOf = ({ properties }: { readonly properties: Readonly<Record<string, unknown>> }) =>
  (properties.Environment as { Variables?: Record<string, string> } | undefined)?.Variables?.STRIPE_SECRET_ARN
