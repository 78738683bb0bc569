import { timingSafeEqual } from 'node:crypto'
import type { StripeKeys } from '../keys.ts'
import { StripeProblem } from './error.ts'

/** Which key a call came with: the first as a user name or a bearer token; Stripe.js sends the other in the body. */
export function authenticate(
  authorization: string | undefined,
  keyParam: string | undefined,
  keys: StripeKeys,
): 'secret' | 'publishable' {
  const given = readKey(authorization) ?? keyParam
  if (given === undefined || given === '') throw unauthorized(NO_KEY)
  if (isSame(given, keys.secret_key)) return 'secret'
  if (isSame(given, keys.publishable_key)) return 'publishable'
  throw unauthorized(`Invalid API Key provided: ${mask(given)}`)
}

const NO_KEY =
  "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/."

function readKey(authorization: string | undefined): string | undefined {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(authorization ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() === 'basic') return Buffer.from(value, 'base64').toString().split(':')[0]
  return undefined
}

const isSame = (one: string, other: string) =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** As Stripe does: enough to know which it was. */
const mask = (key: string) => `${key.slice(0, 8)}${'*'.repeat(8)}${key.length > 20 ? key.slice(-4) : ''}`

const unauthorized = (message: string) => new StripeProblem(401, { type: 'invalid_request_error', message })

export const needsSecretKey = () =>
  new StripeProblem(403, {
    type: 'invalid_request_error',
    code: 'secret_key_required',
    message:
      'This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.',
  })
