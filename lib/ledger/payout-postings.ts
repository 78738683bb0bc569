import type { Transaction } from '../db/client.ts'
import { type Entry, type Money, move } from './movements.ts'

/** The ways of what a user can have paid out: they begin and end with `available`, and happen once each. */

export interface PayoutMoney extends Money {
  readonly id: string
  readonly user_id: string
}

export async function postPayout(tx: Transaction, payout: PayoutMoney, now: Date): Promise<boolean> {
  const entries = [owed('available', payout, -1), owed('in_transit', payout, 1)]
  const movement = {
    external_id: `payout:${payout.id}`,
    kind: 'payout',
    payout_id: payout.id,
    entries,
  } as const
  return (await move(tx, [movement], now)) > 0
}

/** It is with the user's account at Stripe from here on. */
export async function postTransfer(tx: Transaction, payout: PayoutMoney, transferId: string, now: Date) {
  const { id: payout_id, amount, currency } = payout
  const entries = [
    owed('in_transit', payout, -1),
    { account: 'connected_accounts', amount, currency } as const,
  ]
  const movement = { external_id: `transfer:${transferId}`, kind: 'transfer', payout_id, entries } as const
  return (await move(tx, [movement], now)) > 0
}

/** It never left us. */
export async function postPayoutFailed(tx: Transaction, payout: PayoutMoney, now: Date): Promise<boolean> {
  const { id: payout_id } = payout
  const entries = [owed('in_transit', payout, -1), owed('available', payout, 1)]
  const movement = {
    external_id: `payout_failed:${payout_id}`,
    kind: 'payout_failed',
    payout_id,
    entries,
  } as const
  return (await move(tx, [movement], now)) > 0
}

const owed = (account: 'available' | 'in_transit', payout: PayoutMoney, sign: 1 | -1): Entry => {
  const { user_id, amount, currency } = payout
  return { account, user_id, amount: sign * amount, currency }
}
