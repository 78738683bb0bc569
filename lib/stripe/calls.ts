import type { Db } from '../db/client.ts'
import { addToOutbox } from '../outbox.ts'
import { later } from '../time.ts'
import { claimSlackMs, nextDue } from './retries.ts'

/** What is done at Stripe in the background, and the first part of its idempotency keys. */
const keyNames = {
  refund: 'refund',
  cancel_intent: 'cancel',
  transfer: 'transfer',
  payout: 'payout',
  stage_evidence: 'stage_evidence',
  submit_evidence: 'submit_evidence',
} as const

export type CallKind = keyof typeof keyNames

/**
 * Makes the call for what `subject_id` names. It may run again with the same key, after a crash or where Stripe did not
 * answer; with another one only after a `StripeRefusal` (which it may catch, where no means no) or a `SpentKeyError`.
 */
export type CallHandler = (
  subject_id: string,
  idempotency_key: string,
) => Promise<{ readonly result_id: string | null }>

export type CallHandlers = Readonly<Record<CallKind, CallHandler>>

/**
 * Has something done at Stripe once this transaction has ended well. Nothing is added while the same is still due; the
 * caller holds a lock on the subject.
 */
export async function requestCall(tx: Db, kind: CallKind, subjectId: string, now: Date): Promise<void> {
  const [call] = await tx<[{ id: string }?]>`
    insert into stripe_calls (kind, subject_id, attempt, idempotency_key, due_at, created_at, updated_at)
    select
      ${kind}, ${subjectId}, next.attempt, ${keyPrefix(kind, subjectId)} || next.attempt, ${now}, ${now}, ${now}
    from (
      select coalesce(max(attempt), 0) + 1 as attempt
      from stripe_calls
      where kind = ${kind} and subject_id = ${subjectId}
      having count(*) filter (where status = 'due') = 0
    ) next
    returning id
  `
  if (call) await addToOutbox(tx, 'stripe.call', { call_id: call.id })
}

const keyPrefix = (kind: CallKind, subjectId: string) => `${keyNames[kind]}:${subjectId}:`

export interface ClaimedCall {
  readonly id: string
  readonly kind: CallKind
  readonly subject_id: string
  readonly attempt: number
  readonly idempotency_key: string
  /** This one included. */
  readonly tries: number
}

/** Takes a call for one try, unless another delivery has it or it is over. */
export async function claimCall(db: Db, id: string, now: Date): Promise<ClaimedCall | undefined> {
  const [call] = await db<[ClaimedCall?]>`
    update stripe_calls
    set tries = tries + 1, due_at = ${nextDue(db, now)}, updated_at = ${now}
    where id = ${id} and status = 'due' and due_at <= ${later(now, claimSlackMs)}
    returning id, kind, subject_id, attempt, idempotency_key, tries
  `
  return call
}

export async function markCallDone(db: Db, id: string, resultId: string | null, now: Date): Promise<void> {
  await db`
    update stripe_calls
    set status = 'done', result_id = ${resultId}, failed_reason = null, updated_at = ${now}
    where id = ${id}
  `
}

/** With `hasNewKey` the next try comes with a key that Stripe has not seen. */
export async function markCallTried(
  db: Db,
  { id, kind, subject_id, attempt }: ClaimedCall,
  { reason, hasNewKey }: { readonly reason: string; readonly hasNewKey: boolean },
  now: Date,
): Promise<void> {
  const next = hasNewKey ? attempt + 1 : attempt
  await db`
    update stripe_calls
    set
      attempt = ${next}, idempotency_key = ${keyPrefix(kind, subject_id) + next}, failed_reason = ${reason},
      updated_at = ${now}
    where id = ${id} and status = 'due' and attempt = ${attempt}
  `
}

export async function markCallFailed(db: Db, id: string, reason: string, now: Date): Promise<void> {
  await db`
    update stripe_calls
    set status = 'failed', failed_reason = ${reason}, updated_at = ${now}
    where id = ${id} and status = 'due'
  `
}
