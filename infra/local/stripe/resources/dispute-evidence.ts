import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { route } from '../route.ts'
import { badRequest } from '../wire/error.ts'
import { boolean, mergeMetadata, metadata } from '../wire/params.ts'
import { closeDispute, closed, isOpen } from './disputes.ts'
import { evidenceFields } from './evidence-fields.ts'

const MAX_EVIDENCE_CHARACTERS = 150_000

/** A dispute that evidence decides is decided a moment later, as in Stripe's test mode. */
const DECIDED_MS = 300

const updateParams = z.strictObject({
  evidence: z.optional(
    z.strictObject(
      Object.fromEntries(
        evidenceFields.map((field) => [field, z.optional(z.string().check(z.maxLength(20_000)))]),
      ),
    ),
  ),
  metadata: z.optional(metadata),
  submit: z.optional(boolean),
})

function update(
  context: Context,
  { evidence, submit, metadata: given }: z.output<typeof updateParams>,
  id: string,
): Stripe.Dispute {
  const dispute = context.demand('dispute', id)
  if (!isOpen(dispute) && (evidence !== undefined || submit)) throw closed(dispute)
  const merged = { ...dispute.evidence, ...emptiesToNull(evidence ?? {}) }
  checkLength(merged)
  const details = dispute.evidence_details
  const isSubmitted = submit ?? evidence !== undefined
  const has_evidence = Object.values(merged).some((value) => typeof value === 'string')
  const updated = context.change<'dispute'>(
    dispute,
    {
      evidence: merged as Stripe.Dispute.Evidence,
      evidence_details: {
        ...details,
        has_evidence,
        submission_count: details.submission_count + (isSubmitted ? 1 : 0),
        submission_method: isSubmitted ? 'manual' : details.submission_method,
      },
      metadata: mergeMetadata(dispute.metadata, given),
      ...(isSubmitted && { status: 'under_review' as const }),
    },
    'charge.dispute.updated',
  )
  if (isSubmitted && decisionOf(updated)) context.later('close_dispute', id, DECIDED_MS)
  return updated
}

const emptiesToNull = (fields: object) =>
  Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, value === '' ? null : value]))

function checkLength(evidence: object): void {
  const texts = Object.values(evidence).filter((value) => typeof value === 'string')
  if (texts.join('').length > MAX_EVIDENCE_CHARACTERS) {
    throw badRequest(`Dispute evidence texts can have up to ${MAX_EVIDENCE_CHARACTERS} characters in all.`, {
      param: 'evidence',
    })
  }
}

/** Words that decide a dispute in Stripe's test mode. */
function decisionOf({ evidence }: Stripe.Dispute): 'won' | 'lost' | undefined {
  if (evidence.uncategorized_text === 'winning_evidence') return 'won'
  return evidence.uncategorized_text === 'losing_evidence' ? 'lost' : undefined
}

export function decideDispute(context: Context, id: string): void {
  const dispute = context.demand('dispute', id)
  const decision = decisionOf(dispute)
  if (decision && isOpen(dispute)) closeDispute(context, dispute, decision)
}

export const disputeEvidenceRoutes = [route('POST /v1/disputes/{id}', updateParams, update)]
