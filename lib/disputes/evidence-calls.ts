import type { Sql } from '../db/client.ts'
import type { CallHandlers } from '../stripe/calls.ts'
import type { StripePort } from '../stripe/port.ts'
import { writeEvidence } from './evidence.ts'
import {
  type EvidenceState,
  findEvidenceState,
  findFacts,
  keepEvidence,
  listAccess,
  listPrior,
  markStaged,
  markSubmitted,
} from './evidence-repository.ts'

export interface EvidenceDependencies {
  readonly sql: Sql
  readonly stripe: Pick<StripePort, 'retrieveDispute' | 'updateDispute'>
  readonly now?: () => Date
}

/** Gathers what speaks for a sale and gives it to Stripe: kept there at first, then handed in, once for good. */
export function createEvidenceCalls({
  sql,
  stripe,
  now = () => new Date(),
}: EvidenceDependencies): Pick<CallHandlers, 'stage_evidence' | 'submit_evidence'> {
  async function give(disputeId: string, key: string, submit: boolean) {
    const dispute = await findEvidenceState(sql, disputeId)
    if (!dispute || dispute.is_over) return { result_id: null }
    const { status } = await stripe.retrieveDispute(dispute.stripe_dispute_id)
    if (!open.has(status)) {
      // Handed in already: by a try that was not answered, or by hand.
      if (handedIn.has(status)) await markSubmitted(sql, disputeId, now())
      return { result_id: null }
    }
    const evidence = await gather(dispute, key)
    await stripe.updateDispute(dispute.stripe_dispute_id, { evidence, submit }, key)
    await (submit ? markSubmitted : markStaged)(sql, disputeId, now())
    return { result_id: dispute.stripe_dispute_id }
  }

  /** Under the same key the same is said, whatever has come to pass since. */
  async function gather({ id, evidence }: EvidenceState, key: string) {
    if (evidence?.key === key) return evidence.fields
    const order = await findFacts(sql, id)
    const access = await listAccess(sql, order.order_id)
    const fields = writeEvidence({ order, access, prior: await listPrior(sql, order) })
    return (await keepEvidence(sql, id, { key, fields })).fields
  }

  return {
    stage_evidence: (disputeId, key) => give(disputeId, key, false),
    submit_evidence: (disputeId, key) => give(disputeId, key, true),
  }
}

const open: ReadonlySet<string> = new Set(['needs_response', 'warning_needs_response'])
const handedIn: ReadonlySet<string> = new Set(['under_review', 'warning_under_review'])
