/** Everything we ask of Stripe. What it answers is told in our words, and holds no secret but where that is the point. */
export interface StripePort {
  createIntent(order: IntentRequest, idempotencyKey: string): Promise<NewIntent>
  retrieveIntent(id: string): Promise<Intent>
  cancelIntent(id: string, idempotencyKey: string): Promise<Intent>
  retrieveCharge(id: string): Promise<Charge>
  createRefund(refund: RefundRequest, idempotencyKey: string): Promise<Refund>
  retrieveRefund(id: string): Promise<Refund>
  /** All of a payment, newest first. */
  listRefunds(paymentIntentId: string): Promise<readonly Refund[]>
  retrieveDispute(id: string): Promise<Dispute>
  listDisputes(paymentIntentId: string): Promise<readonly Dispute[]>
  updateDispute(id: string, change: DisputeChange, idempotencyKey: string): Promise<Dispute>
  createAccount(seller: AccountRequest, idempotencyKey: string): Promise<Account>
  retrieveAccount(id: string): Promise<Account>
  createAccountLink(link: AccountLinkRequest): Promise<{ readonly url: string; readonly expires_at: Date }>
  createTransfer(transfer: TransferRequest, idempotencyKey: string): Promise<Transfer>
  retrieveTransfer(id: string): Promise<Transfer>
  /** Those that a payout of ours has brought about, one unless something is wrong. */
  listTransfers(payoutId: string): Promise<readonly Transfer[]>
  /** From the balance of a connected account to its bank. */
  createPayout(accountId: string, payout: PayoutRequest, idempotencyKey: string): Promise<BankPayout>
  retrievePayout(accountId: string, id: string): Promise<BankPayout>
  /** Every movement of the platform's own balance, newest first. */
  listBalanceTransactions(range: BalanceRange): Promise<BalancePage>
}

export interface IntentRequest {
  readonly order_id: string
  readonly amount: number
  readonly currency: string
}

/** In Stripe's words. */
export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'requires_capture'
  | 'processing'
  | 'canceled'
  | 'succeeded'

export interface Intent {
  readonly id: string
  /** Null where it is none of ours. */
  readonly order_id: string | null
  readonly status: IntentStatus
  readonly amount: number
  readonly amount_received: number
  readonly currency: string
  readonly charge_id: string | null
  /** What Stripe keeps, in the currency of our balance there; known once the money is. */
  readonly fee?: StripeFee
}

export interface StripeFee {
  readonly balance_transaction_id: string
  readonly amount: number
  readonly currency: string
}

/** The only answer with what the buyer's client pays with. */
export interface NewIntent extends Intent {
  readonly client_secret: string
}

export interface Charge {
  readonly id: string
  readonly payment_intent_id: string | null
  readonly amount: number
  readonly amount_refunded: number
  readonly currency: string
  readonly is_disputed: boolean
}

export interface RefundRequest {
  readonly refund_id: string
  readonly order_id: string
  readonly payment_intent_id: string
  readonly amount: number
  readonly reason: 'requested_by_customer' | 'duplicate' | 'fraudulent' | undefined
}

export interface Refund {
  readonly id: string
  /** Ours; null where it was not made by us. */
  readonly refund_id: string | null
  readonly payment_intent_id: string | null
  readonly charge_id: string | null
  readonly amount: number
  readonly currency: string
  readonly status: 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled'
  readonly failure_reason: string | null
  readonly created_at: Date
}

export interface Dispute {
  readonly id: string
  readonly payment_intent_id: string | null
  readonly charge_id: string
  readonly amount: number
  readonly currency: string
  readonly reason: string
  /** In Stripe's words; those that begin with `warning_` move no money. */
  readonly status: string
  readonly evidence_due_at: Date | null
  readonly opened_at: Date
  /** What it took from our balance at Stripe, and what came back. */
  readonly balance_transactions: readonly BalanceTransaction[]
}

export interface DisputeChange {
  readonly evidence: Readonly<Record<string, string>>
  /** Once it is sent it cannot be changed. */
  readonly submit: boolean
}

export interface AccountRequest {
  readonly user_id: string
  /** Two letters; Stripe asks where it is left out. */
  readonly country?: string
}

export interface Account {
  readonly id: string
  readonly user_id: string | null
  readonly charges_enabled: boolean
  readonly payouts_enabled: boolean
  readonly requirements_due: readonly string[]
  readonly country: string | null
}

export interface AccountLinkRequest {
  readonly account_id: string
  readonly refresh_url: string
  readonly return_url: string
}

export interface TransferRequest {
  readonly payout_id: string
  readonly account_id: string
  readonly amount: number
  readonly currency: string
}

export interface Transfer {
  readonly id: string
  readonly payout_id: string | null
  readonly account_id: string
  readonly amount: number
  readonly amount_reversed: number
  readonly currency: string
}

export interface PayoutRequest {
  readonly payout_id: string
  readonly amount: number
  readonly currency: string
}

export interface BankPayout {
  readonly id: string
  /** Null where it was not made by us. */
  readonly payout_id: string | null
  readonly account_id: string
  readonly amount: number
  readonly currency: string
  readonly status: 'pending' | 'in_transit' | 'paid' | 'failed' | 'canceled'
  readonly failure_code: string | null
}

export interface BalanceTransaction {
  readonly id: string
  /** In Stripe's words: `charge`, `refund`, `adjustment`, `transfer` … */
  readonly type: string
  readonly amount: number
  readonly fee: number
  readonly currency: string
  /** The charge, refund, dispute or transfer that it comes from. */
  readonly source_id: string | null
  readonly created_at: Date
}

export interface BalanceRange {
  readonly from: Date
  readonly until: Date
  /** The last one of the page before. */
  readonly after?: string
}

export interface BalancePage {
  readonly data: readonly BalanceTransaction[]
  readonly has_more: boolean
}
