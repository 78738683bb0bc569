import { randomUUID } from 'node:crypto'
import { unavailable } from '../../lib/errors.ts'
import { SpentKeyError, StripeRefusal } from '../../lib/stripe/errors.ts'
import type {
  Account,
  BalanceTransaction,
  BankPayout,
  Dispute,
  Intent,
  NewIntent,
  Refund,
  StripePort,
  Transfer,
} from '../../lib/stripe/port.ts'
import { dayMs, later } from '../../lib/time.ts'

/**
 * `refused`: no, for good. `down`: no effect, no answer. `unanswered`: it took effect, and nobody is told. `spent`: a
 * failure of Stripe's own that it repeats for the key.
 */
export type StripeMishap = 'refused' | 'down' | 'unanswered' | 'spent'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** 2.9 % and 30, as it takes of a card of its own country. */
const feeOf = (amount: number) => Math.round(amount * 0.029) + 30

/**
 * Stripe as this process remembers it: each idempotency key is answered with what it was answered first. What people
 * and banks do there are the other functions; nobody is told of it, as if every event were lost.
 */
export function createMemoryStripe({ now = () => new Date() }: { now?: () => Date } = {}) {
  const intents = new Map<string, Writable<NewIntent>>()
  const refunds = new Map<string, Writable<Refund>>()
  const disputes = new Map<string, Writable<Dispute>>()
  const accounts = new Map<string, Writable<Account>>()
  const transfers = new Map<string, Writable<Transfer>>()
  const payouts = new Map<string, Writable<BankPayout>>()
  const transactions: BalanceTransaction[] = []
  const answered = new Map<string, unknown>()
  const mishaps = new Map<keyof StripePort, StripeMishap[]>()
  const calls: { readonly method: keyof StripePort; readonly key: string | undefined }[] = []
  const newId = (prefix: string) => `${prefix}_test${randomUUID().replaceAll('-', '')}`

  async function answer<T extends object>(
    method: keyof StripePort,
    key: string | undefined,
    work: () => T,
  ): Promise<T> {
    calls.push({ method, key })
    const mishap = mishaps.get(method)?.shift()
    await null
    if (mishap === 'refused') throw new StripeRefusal('resource_missing')
    if (mishap === 'spent') throw new SpentKeyError()
    if (mishap === 'down') throw unavailable(new Error('Stripe is down'))
    const result = structuredClone((key === undefined ? undefined : answered.get(key)) ?? work()) as T
    if (key !== undefined) answered.set(key, result)
    if (mishap === 'unanswered') throw unavailable(new Error('Stripe did not answer'))
    return structuredClone(result)
  }

  const find = <T>(all: ReadonlyMap<string, T>, id: string): T => {
    const found = all.get(id)
    if (!found) throw new StripeRefusal('resource_missing')
    return found
  }
  const add = <T extends { readonly id: string }>(all: Map<string, T>, one: T): T => {
    all.set(one.id, one)
    return one
  }
  const withoutSecret = ({ client_secret: _, ...intent }: NewIntent): Intent => intent
  const addTransaction = (type: string, amount: number, fee: number, currency: string, source_id: string) => {
    const transaction = { id: newId('txn'), type, amount, fee, currency, source_id, created_at: now() }
    transactions.unshift(transaction)
    return transaction
  }
  const intentOfCharge = (chargeId: string) =>
    [...intents.values()].find(({ charge_id }) => charge_id === chargeId)
  const refundedOf = (intentId: string) =>
    [...refunds.values()]
      .filter((refund) => refund.payment_intent_id === intentId && refund.status !== 'failed')
      .reduce((sum, { amount }) => sum + amount, 0)

  const port: StripePort = {
    createIntent: ({ order_id, amount, currency }, key) =>
      answer('createIntent', key, () => {
        const id = newId('pi')
        return add(intents, {
          id,
          order_id,
          status: 'requires_payment_method',
          amount,
          amount_received: 0,
          currency,
          charge_id: null,
          client_secret: `${id}_secret_${newId('s')}`,
        })
      }),
    retrieveIntent: (id) => answer('retrieveIntent', undefined, () => withoutSecret(find(intents, id))),
    cancelIntent: (id, key) =>
      answer('cancelIntent', key, () => {
        const intent = find(intents, id)
        if (['succeeded', 'processing', 'canceled'].includes(intent.status)) {
          throw new StripeRefusal('payment_intent_unexpected_state')
        }
        intent.status = 'canceled'
        return withoutSecret(intent)
      }),
    retrieveCharge: (id) =>
      answer('retrieveCharge', undefined, () => {
        const intent = intentOfCharge(id)
        if (!intent) throw new StripeRefusal('resource_missing')
        return {
          id,
          payment_intent_id: intent.id,
          amount: intent.amount,
          amount_refunded: refundedOf(intent.id),
          currency: intent.currency,
          is_disputed: [...disputes.values()].some(({ charge_id }) => charge_id === id),
        }
      }),
    createRefund: ({ refund_id, payment_intent_id, amount }, key) =>
      answer('createRefund', key, () => {
        const intent = find(intents, payment_intent_id)
        if (intent.status !== 'succeeded') throw new StripeRefusal('payment_intent_unexpected_state')
        if (amount > intent.amount_received - refundedOf(intent.id)) {
          throw new StripeRefusal('charge_already_refunded')
        }
        const { charge_id, currency } = intent
        const id = newId('re')
        addTransaction('refund', -amount, 0, currency, id)
        return add(refunds, {
          id,
          refund_id,
          payment_intent_id,
          charge_id,
          amount,
          currency,
          status: 'succeeded',
          failure_reason: null,
          created_at: now(),
        })
      }),
    retrieveRefund: (id) => answer('retrieveRefund', undefined, () => find(refunds, id)),
    listRefunds: (intentId) =>
      answer('listRefunds', undefined, () =>
        [...refunds.values()].filter((refund) => refund.payment_intent_id === intentId).reverse(),
      ),
    retrieveDispute: (id) => answer('retrieveDispute', undefined, () => find(disputes, id)),
    listDisputes: (intentId) =>
      answer('listDisputes', undefined, () =>
        [...disputes.values()].filter((dispute) => dispute.payment_intent_id === intentId).reverse(),
      ),
    updateDispute: (id, { submit }, key) =>
      answer('updateDispute', key, () => {
        const dispute = find(disputes, id)
        if (submit) dispute.status = 'under_review'
        return dispute
      }),
    createAccount: ({ user_id, country }, key) =>
      answer('createAccount', key, () =>
        add(accounts, {
          id: newId('acct'),
          user_id,
          charges_enabled: false,
          payouts_enabled: false,
          requirements_due: ['external_account'],
          country: country ?? null,
        }),
      ),
    retrieveAccount: (id) => answer('retrieveAccount', undefined, () => find(accounts, id)),
    createAccountLink: ({ account_id }) =>
      answer('createAccountLink', undefined, () => ({
        url: `https://connect.stripe.test/setup/${find(accounts, account_id).id}/${newId('link')}`,
        expires_at: later(now(), 300_000),
      })),
    createTransfer: ({ payout_id, account_id, amount, currency }, key) =>
      answer('createTransfer', key, () => {
        const id = newId('tr')
        addTransaction('transfer', -amount, 0, currency, id)
        return add(transfers, { id, payout_id, account_id, amount, amount_reversed: 0, currency })
      }),
    retrieveTransfer: (id) => answer('retrieveTransfer', undefined, () => find(transfers, id)),
    listTransfers: (payoutId) =>
      answer('listTransfers', undefined, () =>
        [...transfers.values()].filter(({ payout_id }) => payout_id === payoutId).reverse(),
      ),
    createPayout: (account_id, { payout_id, amount, currency }, key) =>
      answer('createPayout', key, () =>
        add(payouts, {
          id: newId('po'),
          payout_id,
          account_id,
          amount,
          currency,
          status: 'in_transit',
          failure_code: null,
        }),
      ),
    retrievePayout: (_account, id) => answer('retrievePayout', undefined, () => find(payouts, id)),
    listBalanceTransactions: ({ from, until, after }) =>
      answer('listBalanceTransactions', undefined, () => {
        const all = transactions.filter(({ created_at }) => created_at >= from && created_at < until)
        return { data: all.slice(all.findIndex(({ id }) => id === after) + 1), has_more: false }
      }),
  }

  return {
    ...port,
    intents: intents as ReadonlyMap<string, Readonly<NewIntent>>,
    refunds: refunds as ReadonlyMap<string, Readonly<Refund>>,
    transfers: transfers as ReadonlyMap<string, Readonly<Transfer>>,
    payouts: payouts as ReadonlyMap<string, Readonly<BankPayout>>,
    calls: calls as readonly (typeof calls)[number][],
    /** What becomes of the next calls of this method. */
    befall(method: keyof StripePort, ...next: StripeMishap[]): void {
      mishaps.set(method, [...(mishaps.get(method) ?? []), ...next])
    },
    /** The bank has the money on its way. */
    startPayment(intentId: string): void {
      find(intents, intentId).status = 'processing'
    },
    /** The card is declined: the buyer may try another one. */
    declinePayment(intentId: string): void {
      find(intents, intentId).status = 'requires_payment_method'
    },
    /** The buyer pays, or the bank ends what was on its way; `amount` where it is not what was asked for. */
    pay(intentId: string, amount?: number): Intent {
      const intent = find(intents, intentId)
      if (intent.status === 'canceled') throw new StripeRefusal('payment_intent_unexpected_state')
      if (intent.status === 'succeeded') return withoutSecret(intent)
      const received = amount ?? intent.amount
      const charge_id = newId('ch')
      const transaction = addTransaction('charge', received, feeOf(received), intent.currency, charge_id)
      Object.assign(intent, {
        status: 'succeeded',
        amount_received: received,
        charge_id,
        fee: { balance_transaction_id: transaction.id, amount: transaction.fee, currency: intent.currency },
      })
      return withoutSecret(structuredClone(intent))
    },
    /** A cardholder asks their bank for the money back, which takes it at once, with a fee. */
    dispute(intentId: string, { amount }: { amount?: number } = {}): Dispute {
      const intent = find(intents, intentId)
      const disputed = amount ?? intent.amount_received
      const id = newId('dp')
      const transaction = addTransaction('adjustment', -disputed, 1_500, intent.currency, id)
      return structuredClone(
        add(disputes, {
          id,
          payment_intent_id: intent.id,
          charge_id: intent.charge_id!,
          amount: disputed,
          currency: intent.currency,
          reason: 'fraudulent',
          status: 'needs_response',
          evidence_due_at: later(now(), 7 * dayMs),
          opened_at: now(),
          balance_transactions: [transaction],
        }),
      )
    },
    decideDispute(id: string, outcome: 'won' | 'lost'): Dispute {
      const dispute = find(disputes, id)
      dispute.status = outcome
      if (outcome === 'won') {
        const back = addTransaction('adjustment', dispute.amount, 0, dispute.currency, id)
        dispute.balance_transactions = [...dispute.balance_transactions, back]
      }
      return structuredClone(dispute)
    },
    changeRefund(
      id: string,
      change: Pick<Refund, 'status'> & Partial<Pick<Refund, 'failure_reason'>>,
    ): Refund {
      return structuredClone(Object.assign(find(refunds, id), change))
    },
    changeDispute(
      id: string,
      change: Pick<Dispute, 'status'> & Partial<Pick<Dispute, 'balance_transactions'>>,
    ): Dispute {
      return structuredClone(Object.assign(find(disputes, id), change))
    },
    changeTransactions(change: (transaction: BalanceTransaction) => BalanceTransaction): void {
      transactions.splice(0, transactions.length, ...transactions.map(change))
    },
    changeAccount(id: string, change: Partial<Account>): Account {
      return structuredClone(Object.assign(find(accounts, id), change))
    },
    changePayout(id: string, change: Pick<BankPayout, 'status'> & Partial<Pick<BankPayout, 'failure_code'>>) {
      return structuredClone(Object.assign(find(payouts, id), change))
    },
  }
}

export type MemoryStripe = ReturnType<typeof createMemoryStripe>
