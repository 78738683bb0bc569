import type { Sql, Transaction } from '../../db/client.ts'
import { addToOutbox } from '../../outbox.ts'
import { earlier, hourMs } from '../../time.ts'
import { webhookResult } from '../result.ts'
import { disableGone, judge } from './disabling.ts'
import { afterFailure, afterSuccess } from './health.ts'
import {
  type AttemptRow,
  type DeliveryChange,
  type DeliveryState,
  type EndpointState,
  findDelivery,
  lockEndpointOfDelivery,
  noteExhausted,
  notSent,
  type Recorded,
  recordAttempt,
  updateDelivery,
  updateHealth,
} from './results-repository.ts'
import { delayAfter, isGone } from './retry-schedule.ts'

export interface ResultDependencies {
  readonly sql: Sql
  readonly now?: () => Date
  readonly random?: () => number
}

export interface Settled {
  /** To which something more may be handed now. */
  readonly endpoint_id: string
  /** Its owner is to be told of it, by an event in the outbox. */
  readonly has_news: boolean
}

/** What came of an attempt, if anything was heard of it. */
export interface Outcome extends AttemptRow {
  readonly retry_after_seconds: number | null
}

type Settle = (outcome: Outcome) => Promise<Settled | undefined>

/**
 * Takes results of the sender, each once however often it comes, and in any order: the attempt, what becomes of the
 * delivery, and how the endpoint does, in one transaction. What of it is in the outbox is for the caller to flush.
 */
export function createResultHandler(dependencies: ResultDependencies) {
  const settle = createSettlement(dependencies)
  return (message: unknown): Promise<Settled | undefined> => {
    const { attempt: number, at, ...result } = webhookResult.parse(message)
    return settle({ ...result, number, at: new Date(at) })
  }
}

export function createSettlement({
  sql,
  now = () => new Date(),
  random = Math.random,
}: ResultDependencies): Settle {
  return ({ retry_after_seconds, ...attempt }) =>
    sql.beginIdempotent(async (tx) => {
      const endpoint = await lockEndpointOfDelivery(tx, attempt.delivery_id)
      const delivery = endpoint && (await findDelivery(tx, attempt.delivery_id))
      if (!endpoint || !delivery) return undefined
      const recorded = await recordAttempt(tx, attempt)
      if (recorded === 'known') return { endpoint_id: endpoint.id, has_news: false }
      const at = now()
      const change = changeBy(delivery, { ...attempt, retry_after_seconds }, { recorded, at, random })
      await updateDelivery(tx, delivery.id, change, { hasEnded: recorded === 'first' })
      const has_news = await tellEndpoint(tx, endpoint, { attempt, delivery, change, at })
      return { endpoint_id: endpoint.id, has_news }
    })
}

interface Circumstances {
  readonly recorded: Exclude<Recorded, 'known'>
  readonly at: Date
  readonly random: () => number
}

/** A success stays one, whatever else is heard; what has ended otherwise is not begun again by a late failure. */
function changeBy(
  delivery: DeliveryState,
  outcome: Outcome,
  { recorded, at, random }: Circumstances,
): DeliveryChange & { readonly isExhausted: boolean } {
  const attempt_count = Math.max(delivery.attempt_count, outcome.number)
  const { status, tries, next_attempt_at, ended_at } = delivery
  const stays = { status, attempt_count, tries, next_attempt_at, ended_at, isExhausted: false }
  const ends = { ...stays, next_attempt_at: null, ended_at: ended_at ?? at }
  if (outcome.error === null) return status === 'succeeded' ? stays : { ...ends, status: 'succeeded' }
  if (status !== 'pending' || recorded !== 'first') return stays
  const failed = tries + 1
  if (isGone(outcome)) return { ...ends, status: 'failed', tries: failed }
  const delay = delayAfter(failed, outcome, random)
  if (delay === undefined) return { ...ends, status: 'failed', tries: failed, isExhausted: true }
  const endedAt = Math.min(outcome.at.getTime() + outcome.duration_ms, at.getTime())
  return { ...stays, tries: failed, next_attempt_at: new Date(endedAt + delay) }
}

interface Happened {
  readonly attempt: AttemptRow
  readonly delivery: DeliveryState
  readonly change: ReturnType<typeof changeBy>
  readonly at: Date
}

/** Whether there is something to tell its owner. That nothing was heard is not the fault of the endpoint. */
async function tellEndpoint(tx: Transaction, endpoint: EndpointState, happened: Happened): Promise<boolean> {
  const { attempt, delivery, change, at } = happened
  const isTold = change.isExhausted && (await tellExhausted(tx, endpoint, delivery, at))
  if (attempt.error === notSent) return isTold
  const next = (attempt.error === null ? afterSuccess : afterFailure)(endpoint, attempt.at)
  if (next !== endpoint) await updateHealth(tx, endpoint.id, next)
  if (attempt.error === null) return isTold
  const isOver = isGone(attempt) ? disableGone(tx, endpoint, at) : judge(tx, { ...endpoint, ...next }, at)
  return (await isOver) || isTold
}

const exhaustedEveryMs = hourMs

/** That what tells of it was not delivered either is not told again. */
async function tellExhausted(tx: Transaction, endpoint: EndpointState, delivery: DeliveryState, at: Date) {
  if (delivery.event_type.startsWith('webhook.')) return false
  const { id: endpoint_id, exhausted_told_at } = endpoint
  if (exhausted_told_at && exhausted_told_at > earlier(at, exhaustedEveryMs)) return false
  await noteExhausted(tx, endpoint_id, at)
  await addToOutbox(tx, 'webhook.trouble', { endpoint_id, trouble: 'exhausted', delivery_id: delivery.id })
  return true
}
