import type { Sql } from '../db/client.ts'
import { retryBankPayoutsOf } from '../payouts/retries.ts'
import type { StripePort } from '../stripe/port.ts'
import { linkAccount, lockAccountHolder, updateStanding } from './repository.ts'

export interface AccountRefreshDependencies {
  readonly sql: Sql
  readonly stripe: Pick<StripePort, 'retrieveAccount'>
  readonly now?: () => Date
}

/**
 * Takes over how an account stands at Stripe. Of two who ask at once, the one who asked later has the last word. Whoever
 * cannot be paid out any more keeps what they earn; once they can again, what their bank sent back goes out anew.
 */
export const createAccountRefresh =
  ({ sql, stripe, now = () => new Date() }: AccountRefreshDependencies) =>
  async (accountId: string): Promise<void> => {
    const askedAt = now()
    const account = await stripe.retrieveAccount(accountId)
    // Whoever made it may have been stopped before writing it down.
    if (account.user_id !== null) await linkAccount(sql, account.user_id, account.id, askedAt)
    await sql.begin(async (tx) => {
      const seller = await lockAccountHolder(tx, account.id, askedAt)
      if (!seller) return
      await updateStanding(tx, account, askedAt)
      if (account.payouts_enabled && !seller.payouts_enabled)
        await retryBankPayoutsOf(tx, seller.user_id, askedAt)
    })
  }
