import type { Db, Sql } from '../db/client.ts'
import { unavailable } from '../errors.ts'
import type { StripePort } from '../stripe/port.ts'
import { findPayoutOrder } from './repository.ts'
import { settleBankPayout, settleTransfer } from './settlement.ts'

export interface PayoutRefreshDependencies {
  readonly sql: Sql
  readonly stripe: Pick<StripePort, 'retrieveTransfer' | 'retrievePayout'>
  readonly now?: () => Date
}

/** What an event of Stripe is about. */
export interface StripeObject {
  readonly object_id: string
  /** Of a connected account; null for the platform's own. */
  readonly account_id: string | null
}

/** Looks at the present state of a transfer or a bank payout that Stripe has told of. */
export function createPayoutRefresh({ sql, stripe, now = () => new Date() }: PayoutRefreshDependencies) {
  return {
    async refreshTransfer({ object_id }: StripeObject): Promise<void> {
      const { id, payout_id } = await stripe.retrieveTransfer(object_id)
      if (payout_id !== null) await settleTransfer(sql, payout_id, id, now())
    },

    /** Those of the platform itself are none of ours. */
    async refreshPayout({ object_id, account_id }: StripeObject): Promise<void> {
      if (account_id === null) return
      const bank = await stripe.retrievePayout(account_id, object_id)
      const payout = bank.payout_id === null ? undefined : await findPayoutOrder(sql, bank.payout_id)
      if (!payout || payout.stripe_account_id !== account_id) return
      if (payout.stripe_payout_id !== bank.id && !(await isOlder(sql, payout.id, bank.id))) {
        throw unavailable(new Error(`Bank payout ${bank.id} is not written down yet`))
      }
      await settleBankPayout(sql, payout.id, bank, now())
    },
  }
}

/** Whether it came of a call before the last one. */
async function isOlder(db: Db, payoutId: string, bankPayoutId: string): Promise<boolean> {
  const [row] = await db`
    select from stripe_calls where kind = 'payout' and subject_id = ${payoutId} and result_id = ${bankPayoutId}
  `
  return row !== undefined
}
