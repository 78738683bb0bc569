import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { dispute as disputeView } from '../../disputes/schemas.ts'
import { definePublicEvent } from '../define.ts'
import { type OrderData, orderData, tellParties } from './order-data.ts'
import { exampleCompleted, exampleEarnings } from './order-example.ts'

const dispute = z.pick(disputeView, {
  id: true,
  amount: true,
  currency: true,
  reason: true,
  outcome: true,
  /** Not told to the buyer. */
  evidence_due_at: true,
  opened_at: true,
  closed_at: true,
})
type Dispute = z.output<typeof dispute>

async function findDispute(db: Db, id: string): Promise<Dispute | undefined> {
  const [row] = await db<[Dispute?]>`
    select id, amount, currency, reason, outcome, evidence_due_at, opened_at, closed_at
    from disputes
    where id = ${id}
  `
  return row
}

async function build(db: Db, { order_id, dispute_id }: Record<'order_id' | 'dispute_id', string>) {
  const found = await findDispute(db, dispute_id)
  if (!found) return []
  return (await tellParties(db, order_id)).map(({ account_id, data }) => ({
    account_id,
    data: { ...data, dispute: partOfDispute(found, data) },
  }))
}

/** What others sold of the order is not told by what the bank wants back of all of it. */
const partOfDispute = (whole: Dispute, { role, order: { total_amount } }: OrderData): Dispute =>
  role === 'buyer'
    ? { ...whole, evidence_due_at: null }
    : { ...whole, amount: Math.min(whole.amount, total_amount) }

const shared = {
  version: '2026-12-01',
  resource: 'order',
  data: z.extend(orderData, { dispute }),
  build,
} as const

const exampleDispute = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9109',
  amount: 2_999,
  currency: 'usd',
  reason: 'fraudulent',
  outcome: null,
  evidence_due_at: '2026-12-20T23:59:59.000Z',
  opened_at: '2026-12-05T08:00:00.000Z',
  closed_at: null,
} as const

const orderDisputed = definePublicEvent({
  ...shared,
  type: 'order.disputed',
  description:
    'The bank of the buyer wants the money of an order back; its licences are frozen, and so is what was earned. To its buyer, and to whoever sold something of it or earns of it: `dispute.amount` is no more than their part.',
  example: {
    role: 'seller',
    order: { ...exampleCompleted, status: 'disputed' },
    earnings: exampleEarnings,
    dispute: exampleDispute,
  },
})

const orderDisputeClosed = definePublicEvent({
  ...shared,
  type: 'order.dispute_closed',
  description: 'A dispute was decided: `dispute.outcome`, as the sellers see it. To the same accounts.',
  example: {
    role: 'seller',
    order: exampleCompleted,
    earnings: exampleEarnings,
    dispute: { ...exampleDispute, outcome: 'won', closed_at: '2027-01-15T12:00:00.000Z' },
  },
})

export const disputeEvents = [orderDisputed, orderDisputeClosed] as const
