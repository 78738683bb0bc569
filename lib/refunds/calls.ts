import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import type { CallHandler } from '../stripe/calls.ts'
import { StripeRefusal } from '../stripe/errors.ts'
import { countMetric } from '../stripe/metrics.ts'
import type { Refund, StripePort } from '../stripe/port.ts'
import { findRefund, markFailed, type RefundRow } from './repository.ts'
import type { SettleRefund } from './settlement.ts'

export interface RefundCallDependencies {
  readonly sql: Sql
  readonly stripe: Pick<StripePort, 'createRefund' | 'listRefunds'>
  readonly settleRefund: SettleRefund
  readonly now?: () => Date
}

/** Refusals that end by themselves: the platform's balance is filled by the next payments. */
const passing: ReadonlySet<string> = new Set(['balance_insufficient', 'insufficient_funds'])

/** Makes a refund at Stripe. What Stripe refuses for good can be asked for again. */
export function createRefundCall({
  sql,
  stripe,
  settleRefund,
  now = () => new Date(),
}: RefundCallDependencies): CallHandler {
  async function make(refund: RefundRow, key: string): Promise<Refund> {
    const made = isFirst(key) ? undefined : await findMade(refund)
    if (made) return made
    const { id: refund_id, order_id, payment_intent_id, amount, reason } = refund
    return stripe.createRefund(
      { refund_id, order_id, payment_intent_id: payment_intent_id!, amount, reason: told(reason) },
      key,
    )
  }

  /** By an earlier try that was not answered. */
  const findMade = async ({ id, payment_intent_id }: RefundRow) =>
    (await stripe.listRefunds(payment_intent_id!)).find(({ refund_id }) => refund_id === id)

  async function makeUnlessRefused(refund: RefundRow, key: string) {
    try {
      return await make(refund, key)
    } catch (error) {
      if (!(error instanceof StripeRefusal) || passing.has(error.code)) throw error
      const made = await findMade(refund)
      if (made) return made
      await fail(refund, error)
      return undefined
    }
  }

  async function fail({ id, order_id }: RefundRow, error: StripeRefusal) {
    if (!(await sql.beginIdempotent((tx) => markFailed(tx, id, error.code, now())))) return
    logger.error('Stripe refused a refund', {
      refund_id: id,
      order_id,
      error,
      ...countMetric('stripe_calls_failed'),
    })
  }

  return async (refundId, key) => {
    const refund = await findRefund(sql, refundId)
    if (refund?.status !== 'pending') return { result_id: refund?.stripe_refund_id ?? null }
    const made = await makeUnlessRefused(refund, key)
    if (made) await settleRefund(made)
    return { result_id: made?.id ?? null }
  }
}

const isFirst = (key: string) => key.endsWith(':1')

/** Stripe knows three reasons. */
const told = (reason: RefundRow['reason']) =>
  reason === 'requested_by_customer' || reason === 'duplicate' || reason === 'fraudulent' ? reason : undefined
