import type { Context } from './context.ts'
import { today } from './resources/balance-transactions.ts'
import { refundsOfCharge } from './resources/refunds.ts'
import type { Page } from './route.ts'
import { expandObject, type Sublists } from './wire/expand.ts'

export interface Asked {
  readonly expand: readonly string[]
  /** By a client secret, which shows only part of an object. */
  readonly isPublic: boolean
  readonly url: string
}

const publicFields = new Set([
  'id',
  'object',
  'amount',
  'amount_details',
  'automatic_payment_methods',
  'canceled_at',
  'cancellation_reason',
  'capture_method',
  'client_secret',
  'confirmation_method',
  'created',
  'currency',
  'description',
  'last_payment_error',
  'livemode',
  'next_action',
  'payment_method',
  'payment_method_types',
  'processing',
  'receipt_email',
  'setup_future_usage',
  'shipping',
  'source',
  'status',
])

/** What a route found, in the form that was asked for. */
export function present(context: Context, result: object, { expand, isPublic, url }: Asked): object {
  if (isPublic) {
    return Object.fromEntries(Object.entries(result).filter(([field]) => publicFields.has(field)))
  }
  return expandObject(isPage(result) ? toList(url, result) : result, expand, lookupOf(context))
}

function lookupOf(context: Context) {
  const sublists: Sublists = {
    'charge.refunds': (charge: { id: string }) =>
      toList(`/v1/charges/${charge.id}/refunds`, refundsOfCharge(context, charge.id)),
  }
  const find = (id: string) => {
    const found = context.store.findAny(id, context.account)
    return found?.object === 'balance_transaction' ? today(found, context.now()) : found
  }
  return { find, sublists }
}

const isPage = (result: object): result is Page => 'has_more' in result && !('object' in result)

export const toList = (url: string, { data, has_more }: Page) => ({ object: 'list', data, has_more, url })
