import * as z from 'zod/mini'
import type { Secrets } from '../aws/secrets.ts'

const secret = z.object({
  secret_key: z.string().check(z.minLength(1)),
  /** Each endpoint has one at Stripe (that of connected accounts another), and two while it is being changed. */
  webhook_secret: z.union([z.string().check(z.minLength(1)), z.array(z.string().check(z.minLength(1)))]),
})

export interface StripeSecret {
  readonly secret_key: string
  readonly webhook_secrets: readonly string[]
}

/** Gives the secret as it was at most `maxAgeMs` ago. */
export type LoadStripeSecret = (maxAgeMs?: number) => Promise<StripeSecret>

export function createStripeSecretLoader(secrets: Pick<Secrets, 'read'>, secretId: string): LoadStripeSecret {
  return async (maxAgeMs) => parseStripeSecret(await secrets.read(secretId, maxAgeMs))
}

/** Neither the parser's message nor the schema's goes on: they may quote what they were given. */
export function parseStripeSecret(text: string): StripeSecret {
  const { success, data } = secret.safeParse(tryJson(text))
  if (!success) throw new Error('The secret of Stripe does not hold secret_key and webhook_secret')
  return { secret_key: data.secret_key, webhook_secrets: [data.webhook_secret].flat() }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
