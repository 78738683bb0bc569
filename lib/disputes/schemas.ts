import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, timestamp } from '../http/route.ts'

export const dispute = z.object({
  id: z.uuid(),
  order_id: z.uuid(),
  amount: z.int(),
  currency: z.string(),
  reason: z.string(),
  /** In Stripe's words; those that begin with `warning_` are questions of the bank, and move no money. */
  status: z.string(),
  outcome: z.nullable(z.enum(['won', 'lost'])),
  /** Until when Stripe takes evidence. */
  evidence_due_at: z.nullable(timestamp),
  evidence_submitted_at: z.nullable(timestamp),
  opened_at: timestamp,
  closed_at: z.nullable(timestamp),
})
export type DisputeView = z.output<typeof dispute>

export const disputePage = page(dispute)

export const disputeParams = z.object({ dispute_id: id })
