import type { Sql, Transaction } from '../db/client.ts'
import { postPayoutFailed, postTransfer } from '../ledger/payout-postings.ts'
import { addToOutbox } from '../outbox.ts'
import { requestCall } from '../stripe/calls.ts'
import type { BankPayout } from '../stripe/port.ts'
import { lockPayoutOrder, type PayoutOrder, updatePayout } from './repository.ts'

/** What became of a payout at Stripe. Each happens once, whoever tells of it and how often. */

/** It has reached their account there; the bank is next. */
export const settleTransfer = (sql: Sql, payoutId: string, transferId: string, now: Date) =>
  withPayout(sql, payoutId, async (tx, payout) => {
    if (payout.status !== 'pending') return
    await updatePayout(tx, payout.id, { status: 'in_transit', stripe_transfer_id: transferId }, now)
    await postTransfer(tx, payout, transferId, now)
    await requestCall(tx, 'payout', payout.id, now)
  })

/** It never left us, and is available again. */
export const putBack = (sql: Sql, payoutId: string, reason: string, now: Date) =>
  withPayout(sql, payoutId, async (tx, payout) => {
    if (payout.status !== 'pending') return
    await updatePayout(tx, payout.id, { status: 'failed', failed_reason: reason, settled_at: now }, now)
    await postPayoutFailed(tx, payout, now)
    await addToOutbox(tx, 'payout.failed', { payout_id: payout.id })
  })

/** It is on its way to the bank. */
export const startBankPayout = (sql: Sql, payoutId: string, bank: BankPayout, now: Date) =>
  withPayout(sql, payoutId, async (tx, payout) => {
    if (payout.stripe_payout_id === bank.id) return
    const started = { status: 'in_transit', stripe_payout_id: bank.id, failed_reason: null } as const
    await updatePayout(tx, payout.id, started, now)
    await changeByBank(tx, { ...payout, ...started }, bank, now)
  })

/** Stripe does not send it to the bank; it stays in their account there until another try. */
export const refuseBankPayout = (sql: Sql, payoutId: string, reason: string, now: Date) =>
  withPayout(sql, payoutId, (tx, payout) => failAtBank(tx, payout, reason, now))

/** Only of the last one that was started: of those before it nothing is news. */
export const settleBankPayout = (sql: Sql, payoutId: string, bank: BankPayout, now: Date) =>
  withPayout(sql, payoutId, async (tx, payout) => {
    if (payout.stripe_payout_id === bank.id) await changeByBank(tx, payout, bank, now)
  })

/** A bank may send back even what was paid. */
async function changeByBank(tx: Transaction, payout: PayoutOrder, bank: BankPayout, now: Date) {
  if (bank.status === 'failed' || bank.status === 'canceled') {
    await failAtBank(tx, payout, bank.failure_code ?? bank.status, now)
  } else if (bank.status === 'paid' && payout.status !== 'paid') {
    await updatePayout(tx, payout.id, { status: 'paid', failed_reason: null, settled_at: now }, now)
    await addToOutbox(tx, 'payout.paid', { payout_id: payout.id })
  }
}

async function failAtBank(tx: Transaction, payout: PayoutOrder, reason: string, now: Date) {
  if (payout.status === 'failed') return
  await updatePayout(tx, payout.id, { status: 'failed', failed_reason: reason, settled_at: null }, now)
  await addToOutbox(tx, 'payout.failed', { payout_id: payout.id })
}

const withPayout = (sql: Sql, id: string, work: (tx: Transaction, payout: PayoutOrder) => Promise<void>) =>
  sql.begin(async (tx) => {
    const payout = await lockPayoutOrder(tx, id)
    if (payout) await work(tx, payout)
  })
