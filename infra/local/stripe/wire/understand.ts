import type { StripeKeys } from '../keys.ts'
import { PLATFORM } from '../objects.ts'
import type { Method, Route } from '../route.ts'
import { routes } from '../routes.ts'
import type { Store } from '../store.ts'
import { authenticate, needsSecretKey } from './auth.ts'
import { badRequest, StripeProblem } from './error.ts'
import { type Form, type FormValue, readForm } from './form.ts'

export interface Call {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** A call that was understood: by whom, to which route, with what. */
export interface Understood {
  readonly route: Route
  readonly ids: readonly string[]
  readonly path: string
  readonly account: string
  readonly form: Form
  readonly expand: readonly string[]
  readonly isPublic: boolean
}

export function understand(call: Call, { keys, store }: { keys: StripeKeys; store: Store }): Understood {
  const {
    key: keyParam,
    expand,
    _stripe_account,
    ...form
  } = readForm(call.method === 'GET' ? call.query : call.body)
  const key = authenticate(headerOf(call, 'authorization'), asText(keyParam), keys)
  const account = accountOf(headerOf(call, 'stripe-account') ?? asText(_stripe_account), store, keys)
  const { route, ids } = findRoute(call)
  const isPublic = key === 'publishable'
  if (isPublic && route.access === 'secret') throw needsSecretKey()
  if (route.access === 'client') {
    const { client_secret } = form
    delete form.client_secret
    if (isPublic || client_secret !== undefined) checkClientSecret(store, account, ids[0]!, client_secret)
  }
  return { route, ids, path: call.path, account, form, expand: expansionsOf(expand), isPublic }
}

function findRoute({ method, path }: Call): Pick<Understood, 'route' | 'ids'> {
  for (const route of routes) {
    if (route.method !== (method as Method)) continue
    const match = route.pattern.exec(path)
    if (match) return { route, ids: match.slice(1) }
  }
  throw new StripeProblem(404, {
    type: 'invalid_request_error',
    message: `Unrecognized request URL (${method}: ${path}). The stand-in does not have it, or Stripe has not either.`,
  })
}

function accountOf(id: string | undefined, store: Store, { secret_key }: StripeKeys): string {
  if (id === undefined) return PLATFORM
  if (store.find('account', id, PLATFORM)) return id
  throw new StripeProblem(403, {
    type: 'invalid_request_error',
    code: 'account_invalid',
    message: `The provided key '${secret_key.slice(0, 8)}********' does not have access to account '${id}' (or that account does not exist). Application access may have been revoked.`,
  })
}

function checkClientSecret(store: Store, account: string, id: string, given: FormValue | undefined): void {
  const intent = store.find('payment_intent', id, account)
  if (typeof given === 'string' && intent?.client_secret === given) return
  throw badRequest(
    given === undefined
      ? 'Missing required param: client_secret.'
      : 'The client_secret provided does not match any associated PaymentIntent on this account. Ensure the publishable key used belongs to the same account that created the PaymentIntent.',
    { param: 'client_secret' },
  )
}

function expansionsOf(expand: FormValue | undefined): readonly string[] {
  if (expand === undefined) return []
  if (!Array.isArray(expand)) throw badRequest('Invalid array', { param: 'expand' })
  return expand.map(String)
}

const asText = (value: FormValue | undefined) => (typeof value === 'string' ? value : undefined)

export function headerOf({ headers }: Call, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
