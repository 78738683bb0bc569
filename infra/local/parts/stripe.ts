import type { Logger } from '../aws/logger.ts'
import type { StripeKeys } from '../stripe/keys.ts'
import { type StandIn, startStandIn } from '../stripe/stand-in.ts'
import { createPart, type Part } from './part.ts'

export interface StripePartOptions {
  readonly dataDir: string
  readonly keys: StripeKeys
  readonly port: number
  readonly apiUrl: string
  readonly logger: Logger
}

/** Stripe's stand-in, which can be away for a while as Stripe can. */
export function createStripe({ apiUrl, ...options }: StripePartOptions): Part {
  let standIn: StandIn | undefined

  return createPart('stripe', {
    async start() {
      standIn = await startStandIn({ ...options, webhookUrl: `${apiUrl}/api/v1/stripe/webhooks` })
      return undefined
    },
    async stop() {
      await standIn?.close()
      standIn = undefined
    },
  })
}
