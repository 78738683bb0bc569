import type postgres from 'postgres'
import { intercept } from './driver.ts'
import { createLifeline } from './lifeline.ts'
import { type DatabaseSettings, databaseSettings } from './settings.ts'
import { send } from './statement.ts'
import { begin, type Transaction } from './transaction.ts'

export { type DatabaseSettings, databaseSettings, type Transaction }

/** A connection or a transaction: whatever runs single statements takes either. */
export type Db = postgres.ISql

/** A part of a statement. */
export type Fragment = postgres.Fragment

export interface Sql extends Db {
  begin: postgres.Sql['begin']
  /** A transaction that changes nothing when it runs a second time; it does so when the connection is lost. */
  beginIdempotent<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Drops the connection with whatever runs on it: a request given up leaves no open transaction behind. */
  discard(): void
  end(options?: { timeout?: number }): Promise<void>
}

/**
 * postgres.js for an environment that is frozen between requests. Meanwhile the peer may close, reset or
 * forget the connection, and the driver alone would then wait for ever. So: before the first statement after
 * a pause the event loop delivers what the socket has to tell, a long-unused client is replaced, every
 * statement has a deadline, and a read that met a lost connection runs once more. What remains of such
 * failures is the problem `unavailable`. No cursors, `listen` or `reserve`: they would pin the proxy.
 */
export function connect(settings: DatabaseSettings, now: () => number = Date.now): Sql {
  const lifeline = createLifeline(settings, now)
  const tag = intercept<Db>(lifeline.connection().client, (query) => send(lifeline, query))
  const sql = Object.assign(tag, {
    begin: (...args: [Work] | [string, Work]) =>
      args.length === 1 ? begin(lifeline, args[0]) : begin(lifeline, args[1], { mode: args[0] }),
    beginIdempotent: (work: Work) => begin(lifeline, work, { isIdempotent: true }),
    discard: () => lifeline.connection().discard(),
    end: (options?: { timeout?: number }) => lifeline.end(options),
  })
  return sql as unknown as Sql
}

type Work = (tx: Transaction) => unknown
