import type { Stripe } from 'stripe'
import { type AppError, unavailable } from '../errors.ts'
import { SpentKeyError, StripeRefusal } from './errors.ts'

type RawError = Partial<InstanceType<typeof Stripe.errors.StripeError>>

/** Of 4xx, those that say no to what was asked; the others say that now, or with this key, it could not be heard. */
const refusals = new Set([400, 402, 403, 404])

/**
 * What an error of the package comes to. The error itself goes no further: it holds the answer whole, and in it the
 * client secret of a payment.
 */
export function toFailure(error: unknown): StripeRefusal | SpentKeyError | AppError {
  const { statusCode = 0, type, rawType, code, decline_code, headers, requestId } = Object(error) as RawError
  if (refusals.has(statusCode) && rawType !== 'idempotency_error' && code !== 'rate_limit') {
    return new StripeRefusal(code ?? rawType ?? String(statusCode), decline_code)
  }
  if (statusCode >= 500 && headers?.['idempotent-replayed'] === 'true') return new SpentKeyError()
  return unavailable(
    new Error(`Stripe did not answer as it should: ${[type, code, statusCode, requestId].join(' ')}`),
  )
}
