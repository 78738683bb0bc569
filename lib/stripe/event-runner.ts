import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import { StripeRefusal } from './errors.ts'
import {
  type ClaimedEvent,
  claimEvent,
  markEventProcessed,
  markEventTried,
  type StoredEvent,
} from './events-repository.ts'
import { countMetric } from './metrics.ts'
import { reasonOf } from './reason.ts'
import { mostTries } from './retries.ts'

/** What events tell of. */
export type Subject = 'payment' | 'charge' | 'refund' | 'dispute' | 'account' | 'transfer' | 'payout'

/** Of a connected account where there is an `account_id`. */
export type EventObject = Pick<StoredEvent, 'object_id' | 'account_id'>

/** Looks at the object anew and does what has to be done; again, and together with others, it does no harm. */
export type EventHandlers = Readonly<Record<Subject, (object: EventObject) => Promise<void>>>

export interface EventRunnerDependencies {
  readonly sql: Sql
  readonly handlers: EventHandlers
  readonly now?: () => Date
}

/** Handles a stored event. What fails is not thrown: the row says when it is due again. */
export function createEventRunner({ sql, handlers, now = () => new Date() }: EventRunnerDependencies) {
  return async (eventId: string): Promise<void> => {
    const event = await claimEvent(sql, eventId, now())
    if (!event) return
    const subject = subjectOf(event.type)
    try {
      if (subject) await handlers[subject](event)
      await markEventProcessed(sql, event.id, now())
      logger.info('An event of Stripe was handled', toldOf(event))
    } catch (error) {
      await settleFailure(event, error)
    }
  }

  async function settleFailure(event: ClaimedEvent, error: unknown) {
    if (error instanceof StripeRefusal && error.code === 'resource_missing') {
      logger.warn('An event of Stripe tells of something that is not there', toldOf(event))
      return markEventProcessed(sql, event.id, now())
    }
    await markEventTried(sql, event.id, reasonOf(error))
    const told = { error, ...toldOf(event), tries: event.tries }
    if (event.tries < mostTries) return logger.warn('An event of Stripe could not be handled', told)
    logger.error('An event of Stripe was given up', { ...told, ...countMetric('stripe_events_failed') })
  }
}

const toldOf = ({ id, type, object_id }: StoredEvent) => ({ id, type, object_id })

/** The longer beginnings come first. */
const subjects: readonly (readonly [beginning: string, subject: Subject])[] = [
  ['payment_intent.', 'payment'],
  ['charge.dispute.', 'dispute'],
  ['charge.refund.', 'refund'],
  ['charge.', 'charge'],
  ['refund.', 'refund'],
  ['account.updated', 'account'],
  ['transfer.', 'transfer'],
  ['payout.', 'payout'],
]

const subjectOf = (type: string) => subjects.find(([beginning]) => type.startsWith(beginning))?.[1]
