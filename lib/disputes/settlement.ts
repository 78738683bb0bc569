import type { Sql, Transaction } from '../db/client.ts'
import { postDispute, postDisputeLost, postDisputeWon, postStripeFee } from '../ledger/postings.ts'
import { changeLicenses } from '../licenses/status.ts'
import { logger } from '../logger.ts'
import { endExclusives, lockPaidOrder } from '../orders/giving-back.ts'
import { addToOutbox } from '../outbox.ts'
import { countMetric } from '../stripe/metrics.ts'
import type { SettlePayment } from '../stripe/payments.ts'
import type { Dispute } from '../stripe/port.ts'
import { requestEvidence } from './evidence-schedule.ts'
import {
  type DisputeRow,
  endDispute,
  followLoss,
  hasOtherOpen,
  keepDispute,
  markClosed,
  markDisputed,
} from './repository.ts'

export interface DisputeSettlementDependencies {
  readonly sql: Sql
  readonly settlePayment: SettlePayment
  /** Goes on with an order that was in dispute before it was completed. */
  readonly settleOrder: (orderId: string) => Promise<void>
  readonly now?: () => Date
}

/** What Stripe says of a dispute becomes our state of it. Told late, twice or out of order, it comes to the same. */
export function createDisputeSettlement(dependencies: DisputeSettlementDependencies) {
  const { sql, settlePayment, settleOrder, now = () => new Date() } = dependencies

  /** Answers the order that has become free. */
  async function settle(tx: Transaction, dispute: Dispute & { payment_intent_id: string }) {
    const order = await lockPaidOrder(tx, dispute.payment_intent_id)
    if (!order?.paid_at) return undefined
    const row = await keepDispute(tx, order.id, dispute)
    await postFees(tx, order.id, dispute)
    const outcome = outcomeOf(dispute.status)
    if (row.outcome) {
      if (outcome && outcome !== row.outcome) tellReversed(row, dispute)
      return undefined
    }
    if (!outcome) await requestEvidence(tx, row.id, now())
    if (isInquiry(dispute.status)) {
      if (outcome) await markClosed(tx, row.id, outcome, now())
      return undefined
    }
    await open(tx, order.id, row, dispute)
    if (outcome) await close(tx, order.id, row, dispute, outcome)
    return outcome === 'won' ? order.id : undefined
  }

  async function open(tx: Transaction, order_id: string, row: DisputeRow, dispute: Dispute) {
    const { id: external_id, amount, currency } = dispute
    await changeLicenses(tx, order_id, { to: 'frozen', reason: 'dispute' }, now())
    if (!(await postDispute(tx, { order_id, external_id, amount, currency }, now()))) return
    await markDisputed(tx, order_id, now())
    await addToOutbox(tx, 'order.disputed', { order_id, dispute_id: row.id })
  }

  async function close(
    tx: Transaction,
    order_id: string,
    row: DisputeRow,
    { id: external_id }: Dispute,
    outcome: 'won' | 'lost',
  ) {
    const isLast = !(await hasOtherOpen(tx, order_id, row.id))
    if (outcome === 'lost') {
      await changeLicenses(tx, order_id, { to: 'revoked', reason: 'dispute_lost' }, now())
      await endExclusives(tx, order_id, undefined, now())
      await postDisputeLost(tx, { order_id, external_id }, now())
      await followLoss(tx, order_id, now())
    } else {
      if (isLast) await changeLicenses(tx, order_id, { to: 'active', reason: 'dispute_won' }, now())
      await postDisputeWon(tx, { order_id, external_id }, now())
    }
    await markClosed(tx, row.id, outcome, now())
    if (isLast) await endDispute(tx, order_id, now())
    await addToOutbox(tx, 'order.dispute_closed', { order_id, dispute_id: row.id })
  }

  return async (dispute: Dispute): Promise<void> => {
    const { payment_intent_id } = dispute
    if (payment_intent_id === null) return
    await settlePayment(payment_intent_id)
    const freed = await sql.beginIdempotent((tx) => settle(tx, { ...dispute, payment_intent_id }))
    if (freed) await settleOrder(freed)
  }

  /** What Stripe takes for the dispute itself, and gives back of it, each once. */
  async function postFees(tx: Transaction, order_id: string, { balance_transactions }: Dispute) {
    for (const { id, fee, currency } of balance_transactions) {
      if (fee !== 0) await postStripeFee(tx, { order_id, external_id: id, amount: fee, currency }, now())
    }
  }
}

/** Questions of the bank, and what ended before it began: no money moves. */
const isInquiry = (status: string) => status.startsWith('warning_') || status === 'prevented'

/** What is appealed against was lost. */
function outcomeOf(status: string): 'won' | 'lost' | undefined {
  if (status === 'won' || status === 'warning_closed' || status === 'prevented') return 'won'
  return status === 'lost' || status.startsWith('appeal_') ? 'lost' : undefined
}

/** After an appeal. What was settled stays so; somebody has to look at it. */
function tellReversed({ id, outcome }: DisputeRow, { status }: Dispute) {
  logger.error('A dispute that was over has ended otherwise', {
    dispute_id: id,
    outcome,
    status,
    ...countMetric('money_breaches'),
  })
}
