import type Stripe from 'stripe'

/** Everything that is kept, by the name Stripe gives it. */
export interface Kinds {
  readonly account: Stripe.Account
  readonly account_link: StoredLink
  readonly balance_transaction: Stripe.BalanceTransaction
  readonly charge: Stripe.Charge
  readonly dispute: Stripe.Dispute
  readonly event: StoredEvent
  readonly payment_intent: Stripe.PaymentIntent
  readonly payment_method: Stripe.PaymentMethod
  readonly payout: Stripe.Payout
  readonly refund: Stripe.Refund
  readonly transfer: Stripe.Transfer
  readonly transfer_reversal: Stripe.TransferReversal
}

export type Kind = keyof Kinds

/** The package has one type for each type of event. */
export interface StoredEvent {
  readonly id: string
  readonly object: 'event'
  readonly account?: string
  readonly api_version: string
  readonly created: number
  readonly data: { readonly object: object; readonly previous_attributes?: object }
  readonly livemode: false
  readonly pending_webhooks: number
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null }
  readonly type: string
}

/** Has no id that anybody is told, but for the end of its address. */
export interface StoredLink {
  readonly id: string
  readonly object: 'account_link'
  readonly account: string
  readonly created: number
  readonly expires_at: number
  readonly refresh_url: string
  readonly return_url: string
  readonly url: string
}

/** Whose an object is: the platform's own have no account. */
export const PLATFORM = ''
