import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type postgres from 'postgres'
import { unavailable } from '../errors.ts'
import { logger } from '../logger.ts'
import type { Connection } from './connection.ts'
import { intercept } from './driver.ts'
import { isDeadlock, isLostConnection, type QueryDeadlineError, toUnavailable } from './errors.ts'
import type { Lifeline } from './lifeline.ts'
import { watch } from './statement.ts'

export type Transaction = postgres.TransactionSql
type Work = (tx: Transaction) => unknown

export interface TransactionOptions {
  /** As PostgreSQL's `begin` takes them. */
  readonly mode?: string
  /** Running the work a second time changes nothing. */
  readonly isIdempotent?: boolean
}

/** How often one transaction may be the one that gives way. */
const mostDeadlocks = 3

/**
 * Runs a transaction. Again, once, when the connection is lost and nothing of it was done or it is idempotent. Again
 * as well when it was the one to give way in a deadlock, which left nothing of it: so work changes the database only.
 */
export async function begin(lifeline: Lifeline, work: Work, options: TransactionOptions = {}) {
  for (let deadlocks = 0; ; deadlocks++) {
    try {
      return await beginOnce(lifeline, work, options)
    } catch (error) {
      if (!isDeadlock(error) || deadlocks >= mostDeadlocks) throw error
      logger.warn('A transaction gave way in a deadlock and begins anew', { deadlocks: deadlocks + 1 })
      await delay(randomInt(10, 50))
    }
  }
}

async function beginOnce(lifeline: Lifeline, work: Work, options: TransactionOptions) {
  let hasStarted = false
  const start: Work = (tx) => {
    hasStarted = true
    return work(tx)
  }
  try {
    return await attempt(lifeline, start, options)
  } catch (error) {
    const mayRepeat = options.isIdempotent || !hasStarted
    if (!mayRepeat || !(error instanceof Error && isLostConnection(error.cause))) throw error
    return attempt(lifeline, work, options)
  }
}

/** Every statement has a deadline, `begin` and `commit` too; the transaction as a whole has none. */
async function attempt(lifeline: Lifeline, work: Work, { mode = '' }: TransactionOptions) {
  await lifeline.wake()
  const connection = lifeline.connection()
  let expired: QueryDeadlineError | undefined
  const startDeadline = () =>
    lifeline.startDeadline((error) => {
      expired = error
      connection.discard()
    })
  lifeline.enter()
  let stop = startDeadline()
  try {
    return await connection.client.begin(mode, async (tx) => {
      stop()
      try {
        return await together(work(watched(lifeline, connection, tx as Transaction)))
      } finally {
        stop = startDeadline()
      }
    })
  } catch (error) {
    throw expired ? unavailable(expired) : toUnavailable(error)
  } finally {
    stop()
    lifeline.leave()
  }
}

const together = (result: unknown) => (Array.isArray(result) ? Promise.all(result) : result)

function watched(lifeline: Lifeline, connection: Connection, tx: Transaction): Transaction {
  const tag = intercept(tx, (query, forward) => {
    watch(lifeline, connection, query)
    return forward(query)
  })
  const savepoint = (...args: unknown[]) => {
    const work = args.pop() as Work
    const nested = (inner: Transaction) => work(watched(lifeline, connection, inner))
    return (tx.savepoint as (...args: unknown[]) => Promise<unknown>)(...args, nested)
  }
  return Object.assign(tag, { savepoint }) as Transaction
}
