import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql } from '../db/client.ts'
import type { CallHandler } from '../stripe/calls.ts'
import { StripeRefusal } from '../stripe/errors.ts'
import type { StripePort } from '../stripe/port.ts'
import { findPayoutOrder, type PayoutOrder } from './repository.ts'
import { putBack, refuseBankPayout, settleTransfer, startBankPayout } from './settlement.ts'
import { keepStatement } from './statement.ts'

export interface PayoutCallDependencies {
  readonly sql: Sql
  readonly stripe: Pick<StripePort, 'createTransfer' | 'listTransfers' | 'createPayout'>
  readonly exports: Pick<ObjectStore, 'put'>
  readonly now?: () => Date
}

/** Carries out payouts at Stripe: to the account of whoever gets them, and from there to the bank. */
export function createPayoutCalls({ sql, stripe, exports, now = () => new Date() }: PayoutCallDependencies) {
  const transfer: CallHandler = async (payoutId, idempotencyKey) => {
    const payout = await findPayoutOrder(sql, payoutId)
    if (payout?.status !== 'pending') return { result_id: payout?.stripe_transfer_id ?? null }
    await keepStatement({ sql, exports }, payout)
    try {
      const { id } =
        (await findTransfer(payout)) ?? (await stripe.createTransfer(toTransfer(payout), idempotencyKey))
      await settleTransfer(sql, payoutId, id, now())
      return { result_id: id }
    } catch (error) {
      if (!(error instanceof StripeRefusal)) throw error
      await putBack(sql, payoutId, error.code, now())
      return { result_id: null }
    }
  }

  /** Stripe forgets its keys after a day or more, but not what was done. */
  const findTransfer = async ({ id }: PayoutOrder) => (await stripe.listTransfers(id))[0]

  const payout: CallHandler = async (payoutId, idempotencyKey) => {
    const payout = await findPayoutOrder(sql, payoutId)
    if (payout?.status !== 'in_transit') return { result_id: payout?.stripe_payout_id ?? null }
    const { amount, currency, stripe_account_id } = payout
    try {
      const wish = { payout_id: payoutId, amount, currency }
      const bank = await stripe.createPayout(stripe_account_id, wish, idempotencyKey)
      await startBankPayout(sql, payoutId, bank, now())
      return { result_id: bank.id }
    } catch (error) {
      if (!(error instanceof StripeRefusal)) throw error
      await refuseBankPayout(sql, payoutId, error.code, now())
      return { result_id: null }
    }
  }

  return { transfer, payout }
}

const toTransfer = ({ id, amount, currency, stripe_account_id }: PayoutOrder) => ({
  payout_id: id,
  account_id: stripe_account_id,
  amount,
  currency,
})
