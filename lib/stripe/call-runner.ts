import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import {
  type CallHandlers,
  type ClaimedCall,
  claimCall,
  markCallDone,
  markCallFailed,
  markCallTried,
} from './calls.ts'
import { SpentKeyError, StripeRefusal } from './errors.ts'
import { countMetric } from './metrics.ts'
import { reasonOf } from './reason.ts'
import { mostTries } from './retries.ts'

export interface CallRunnerDependencies {
  readonly sql: Sql
  readonly handlers: CallHandlers
  readonly now?: () => Date
}

/**
 * Makes a call that was requested, unless it was made or another delivery is at it. What fails is not thrown: the row
 * says when it is due again, and the sweep sends it then.
 */
export function createCallRunner({ sql, handlers, now = () => new Date() }: CallRunnerDependencies) {
  return async (callId: string): Promise<void> => {
    const call = await claimCall(sql, callId, now())
    if (!call) return
    try {
      const { result_id } = await handlers[call.kind](call.subject_id, call.idempotency_key)
      await markCallDone(sql, call.id, result_id, now())
      logger.info('A call was made', { kind: call.kind, subject_id: call.subject_id, result_id })
    } catch (error) {
      await settleFailure(call, error)
    }
  }

  async function settleFailure(call: ClaimedCall, error: unknown) {
    const { id, kind, subject_id, tries } = call
    const reason = reasonOf(error)
    const told = { error, kind, subject_id, tries }
    if (tries >= mostTries) {
      await markCallFailed(sql, id, reason, now())
      logger.error('A call was given up', { ...told, ...countMetric('stripe_calls_failed') })
      return
    }
    const hasNewKey = error instanceof StripeRefusal || error instanceof SpentKeyError
    await markCallTried(sql, call, { reason, hasNewKey }, now())
    logger.warn('A call could not be made', told)
  }
}
