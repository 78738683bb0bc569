import { type JobQueue, largestBatch, type QueueMessage } from '../../aws/job-queue.ts'
import type { Sql } from '../../db/client.ts'
import { logger } from '../../logger.ts'
import {
  type Claim,
  claimWaiting,
  listEndpointsOfEvents,
  listWaitingEndpoints,
  releaseClaims,
} from './claims-repository.ts'
import { lockEndpoints } from './locks.ts'
import { type MessageDependencies, makeMessages } from './messages.ts'
import { recordLost, recordUnsent } from './metrics.ts'

export interface DispatchDependencies extends MessageDependencies {
  readonly sql: Sql
  /** Of the sender. */
  readonly queue: Pick<JobQueue, 'send'>
  readonly now?: () => Date
}

/** Where to look; at all endpoints unless it says which. */
export interface Concerning {
  readonly endpoint_ids?: readonly string[]
  readonly event_ids?: readonly string[]
}

export interface Dispatcher {
  /** Right after a commit that made something due: never fails nor waits long, as the sweep comes by anyway. */
  dispatchSoon(concerning?: Concerning): Promise<void>
  /** One round over all endpoints; answers how many messages were handed over, 0 once nothing may be any more. */
  dispatchDue(limit?: number): Promise<number>
}

const mostEndpoints = 100
const mostMessages = 200
const requestPatienceMs = 2_000

/**
 * Hands what is due to the sender: claimed first, under the locks of the endpoints, then sealed and sent. Where the two
 * come apart, by a crash or a queue that does not answer, the claim runs out, and the attempt is handed over again
 * under the same number; its result counts once.
 */
export function createDispatcher(dependencies: DispatchDependencies): Dispatcher {
  const { sql, queue, now = () => new Date() } = dependencies

  async function dispatchTo(endpointIds: readonly string[], limit: number, signal?: AbortSignal) {
    if (endpointIds.length === 0) return 0
    const claimed = await sql.begin(async (tx) => {
      await lockEndpoints(tx, endpointIds)
      return claimWaiting(tx, endpointIds, { now: now(), limit })
    })
    if (claimed.length === 0) return 0
    const claims = claimed.toSorted((a, b) => a.turn_at.getTime() - b.turn_at.getTime() || a.place - b.place)
    const lost = claims.filter(({ was_lost }) => was_lost)
    if (lost.length > 0) recordLost(lost)
    return handOver(claims, signal)
  }

  async function handOver(claims: readonly Claim[], signal?: AbortSignal): Promise<number> {
    const made = await makeMessages(dependencies, claims, now())
    const messages = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const unmade = made.find((one) => one.status === 'rejected')
    const batches = Array.from({ length: Math.ceil(messages.length / largestBatch) }, (_, index) =>
      messages.slice(index * largestBatch, (index + 1) * largestBatch),
    )
    const sent = await Promise.all(batches.map((batch) => send(batch, signal)))
    const left = new Set(claims.map(({ id }) => id))
    for (const id of sent.flatMap(({ accepted, unknown }) => [...accepted, ...unknown])) left.delete(id)
    if (left.size > 0) {
      recordUnsent(left.size, unmade?.reason)
      await releaseClaims(sql, [...left])
    }
    return sent.reduce((sum, { accepted }) => sum + accepted.length, 0)
  }

  /** Of a call that was not answered nobody knows what was taken: those claims run out by themselves. */
  async function send(batch: readonly QueueMessage[], signal?: AbortSignal) {
    try {
      return { accepted: await queue.send(batch, signal), unknown: [] }
    } catch (error) {
      recordUnsent(batch.length, error)
      return { accepted: [], unknown: batch.map(({ id }) => id) }
    }
  }

  const endpointsOf = async ({ endpoint_ids, event_ids }: Concerning) =>
    endpoint_ids ??
    (event_ids
      ? await listEndpointsOfEvents(sql, event_ids)
      : await listWaitingEndpoints(sql, now(), mostEndpoints))

  return {
    async dispatchSoon(concerning = {}) {
      try {
        const endpointIds = await endpointsOf(concerning)
        await dispatchTo(endpointIds, mostMessages, AbortSignal.timeout(requestPatienceMs))
      } catch (error) {
        logger.warn('Webhooks were left to the sweep', { error })
      }
    },
    dispatchDue: async (limit = mostMessages) => dispatchTo(await endpointsOf({}), limit),
  }
}
