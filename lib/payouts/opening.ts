import type { Transaction } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { postPayout } from '../ledger/payout-postings.ts'
import { formatAmount } from '../money/currencies.ts'
import { addToOutbox } from '../outbox.ts'
import { requestCall } from '../stripe/calls.ts'
import { insertPayout } from './repository.ts'
import { leastPayout } from './rules.ts'
import type { Payout } from './schemas.ts'

export interface PayoutWish {
  readonly user_id: string
  readonly currency: string
  /** All that is available, unless said otherwise. */
  readonly amount?: number | undefined
  readonly origin: 'schedule' | 'seller'
  /** It need not be worth the while then: nothing more comes. */
  readonly is_last?: boolean
}

/** Takes what is paid out from what is available; Stripe is asked once the transaction has ended well. */
export async function openPayout(tx: Transaction, wish: PayoutWish, now: Date): Promise<Payout> {
  const { user_id, currency, origin } = wish
  const available = await lockAvailable(tx, user_id, currency)
  if (await isUnderWay(tx, user_id, currency)) throw new AppError('payout_in_progress')
  const amount = wish.amount ?? available
  const least = wish.is_last ? 1 : leastPayout(currency)
  if (amount > available) throw new AppError('payout_too_small')
  if (amount < least) {
    throw new AppError('payout_too_small', `At least ${formatAmount(least, currency)} is paid out at once`)
  }
  const payout = await insertPayout(tx, { user_id, amount, currency, origin }, now)
  await postPayout(tx, { id: payout.id, user_id, amount, currency }, now)
  await requestCall(tx, 'transfer', payout.id, now)
  await addToOutbox(tx, 'payout.created', { payout_id: payout.id })
  return payout
}

/** One after the other: of many at once, the others see what the first has left. */
async function lockAvailable(tx: Transaction, userId: string, currency: string): Promise<number> {
  const [row] = await tx<[{ available: number }?]>`
    select available from balances where user_id = ${userId} and currency = ${currency} for update
  `
  return row?.available ?? 0
}

async function isUnderWay(tx: Transaction, userId: string, currency: string): Promise<boolean> {
  const [row] = await tx`
    select from payouts where user_id = ${userId} and currency = ${currency} and status = 'pending'
  `
  return row !== undefined
}
