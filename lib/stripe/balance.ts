import type { JobQueue } from '../aws/job-queue.ts'
import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import { dayMs, earlier, hourMs } from '../time.ts'
import {
  type Difference,
  findLatest,
  keepTransactions,
  listDifferences,
  listUnknown,
} from './balance-repository.ts'
import type { EventHandlers } from './event-runner.ts'
import { type StripeMessage, sendToStripeQueue } from './messages.ts'
import { countMetric } from './metrics.ts'
import type { StripePort } from './port.ts'

/** What was told of on the day before is asked for again: Stripe may list a moment's last ones late. */
const overlapMs = dayMs

/** As far back as the first comparison looks. */
const longestMs = 30 * dayMs

/** How long after its time a difference is one: its event may be on the way. */
const graceMs = hourMs

/** For how long a difference that stays is told of, every day. */
const toldMs = 7 * dayMs

export interface BalanceCheckDependencies {
  readonly sql: Sql
  readonly stripeQueue: Pick<JobQueue, 'send'>
}

/** Has the worker compare the ledger with the balance at Stripe, from where it came to the last time. */
export const createBalanceCheck =
  ({ sql, stripeQueue }: BalanceCheckDependencies) =>
  async (now: Date): Promise<number> => {
    const latest = await findLatest(sql)
    const from = earlier(latest ?? now, latest ? overlapMs : longestMs)
    const range = { from: from.toISOString(), until: now.toISOString() }
    await sendToStripeQueue(stripeQueue, [{ balance: range }])
    return 0
  }

type BalanceMessage = Extract<StripeMessage, { balance: unknown }>['balance']

export interface ComparisonDependencies extends BalanceCheckDependencies {
  readonly stripe: Pick<StripePort, 'listBalanceTransactions'>
  /** Settles what a difference comes from, by the way of its events. */
  readonly handlers: Pick<EventHandlers, Difference['subject']>
}

/** Keeps a page of what Stripe tells of its balance; after the last one, compares both ways. */
export function createComparison({ sql, stripe, stripeQueue, handlers }: ComparisonDependencies) {
  async function compare(until: Date) {
    const range = { from: earlier(until, toldMs), until: earlier(until, graceMs) }
    for (const { subject, source_id } of await listDifferences(sql, range)) {
      await handlers[subject]({ object_id: source_id, account_id: null }).catch((error: unknown) =>
        logger.warn('A difference to Stripe could not be settled', { error, subject, source_id }),
      )
    }
    for (const { rule, id, source_id } of await listDifferences(sql, range)) {
      tell(rule, `${source_id} ${id}`)
    }
    for (const { external_id } of await listUnknown(sql, range))
      tell('ledger_movement_is_at_stripe', external_id)
  }

  return async ({ from, until, after }: BalanceMessage): Promise<void> => {
    const range = { from: new Date(from), until: new Date(until), ...(after && { after }) }
    const { data, has_more } = await stripe.listBalanceTransactions(range)
    await keepTransactions(sql, data)
    const last = data.at(-1)
    if (has_more && last) {
      await sendToStripeQueue(stripeQueue, [{ balance: { from, until, after: last.id } }])
    } else await compare(range.until)
  }
}

/** A line for each; CloudWatch takes the metric of the alarm on breaches from it. */
function tell(rule: string, subject: string) {
  logger.error('The ledger and Stripe differ', { rule, subject, ...countMetric('money_breaches') })
}
