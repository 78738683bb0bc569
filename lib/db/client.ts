import { setImmediate as nextTick } from 'node:timers/promises'
import type postgres from 'postgres'
import { type Connection, openConnection } from './connection.ts'
import { asDriverQuery, type DriverQuery, intercept } from './driver.ts'
import { isLostConnection, QueryDeadlineError, toUnavailable, unavailable } from './errors.ts'
import { type DatabaseSettings, databaseSettings } from './settings.ts'

export { type DatabaseSettings, databaseSettings }

/** A connection or a transaction: whatever runs single statements takes either. */
export type Db = postgres.ISql
export type Transaction = postgres.TransactionSql

export interface Sql extends Db {
  begin: postgres.Sql['begin']
  /** A transaction that changes nothing when it runs a second time; it does so when the connection is lost. */
  beginIdempotent<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Drops the connection with whatever runs on it: a request given up leaves no open transaction behind. */
  discard(): void
  end(options?: { timeout?: number }): Promise<void>
}

export interface Database {
  readonly sql: Sql
}

export const connect = (settings: DatabaseSettings): Sql => createDatabase(settings).sql

/** A shorter pause is the gap between two statements of one request. */
const gapMs = 10

/**
 * postgres.js for an environment that is frozen between requests. Meanwhile the peer may close, reset or
 * forget the connection, and the driver alone would then wait for ever. So: before the first statement after
 * a pause the event loop delivers what the socket has to tell, a long-unused client is replaced, every
 * statement has a deadline, and a read that met a lost connection runs once more.
 */
export function createDatabase(settings: DatabaseSettings, now: () => number = Date.now): Database {
  let connection = openConnection(settings)
  let running = 0
  let lastUsed = now()
  let waking: Promise<void> | undefined

  function replace(failed: Connection) {
    if (connection === failed) connection = openConnection(settings)
    failed.discard()
  }

  function leave() {
    running--
    lastUsed = now()
  }

  /** Undefined when a statement may be sent at once. */
  function wake(): Promise<void> | undefined {
    if (waking) return waking
    const idleMs = running > 0 ? 0 : now() - lastUsed
    if (idleMs < gapMs && !connection.closing()) return undefined
    if (idleMs > settings.idleLimitMs) replace(connection)
    waking = drain().finally(() => {
      waking = undefined
    })
    return waking
  }

  /** One turn of the loop still loses a reset; two do not. */
  async function drain() {
    await nextTick()
    await nextTick()
    await connection.closing()
  }

  function startDeadline(onExpiry: (error: QueryDeadlineError) => void): () => void {
    const ms = settings.queryDeadlineMs
    const timer = setTimeout(() => onExpiry(new QueryDeadlineError(ms)), ms)
    return () => clearTimeout(timer)
  }

  /** Puts the deadline on a query; `recover` may take a failure over. */
  function watch(query: DriverQuery, recover?: (error: unknown) => PromiseLike<unknown> | undefined) {
    const used = connection
    const { resolve, reject } = query
    let settled = false
    running++
    const settle = (tell: () => void) => {
      if (settled) return
      settled = true
      stop()
      leave()
      tell()
    }
    const stop = startDeadline((error) => {
      if (query.state) query.canceller?.(query).catch(() => {})
      settle(() => reject(unavailable(error)))
      replace(used)
    })
    query.resolve = (result) => settle(() => resolve(result))
    query.reject = (error) =>
      settle(() => {
        const second = recover?.(error)
        if (second) second.then(resolve, reject)
        else reject(toUnavailable(error))
      })
  }

  function send(query: DriverQuery, recover?: (error: unknown) => PromiseLike<unknown> | undefined) {
    const submit = () => {
      // A cursor takes as long as whoever reads it.
      if (!query.cursorFn) watch(query, recover)
      connection.submit(query)
    }
    const pause = wake()
    if (pause) pause.then(submit, query.reject)
    else submit()
  }

  function repeat(query: DriverQuery, error: unknown): PromiseLike<unknown> | undefined {
    if (!isLostConnection(error) || !isRepeatable(query)) return undefined
    const again = asDriverQuery(connection.client(query.strings, ...query.args))
    if (query.isRaw !== undefined) again.isRaw = query.isRaw
    again.handler = (ready) => send(ready)
    return again
  }

  async function begin(options: string, work: (tx: Transaction) => unknown) {
    await wake()
    const used = connection
    let expired: QueryDeadlineError | undefined
    const startStep = () =>
      startDeadline((error) => {
        expired = error
        replace(used)
      })
    let stop = startStep()
    running++
    try {
      return await used.client.begin(options, async (tx) => {
        stop()
        try {
          return await settleAll(work(watched(tx as Transaction)))
        } finally {
          stop = startStep()
        }
      })
    } catch (error) {
      throw expired ? unavailable(expired) : toUnavailable(error)
    } finally {
      stop()
      leave()
    }
  }

  /** Every statement of a transaction has its own deadline, so that one may be long as a whole. */
  function watched(tx: Transaction): Transaction {
    const tag = intercept(tx, (query, forward) => {
      watch(query)
      return forward(query)
    })
    const savepoint = (...args: unknown[]) => {
      const work = args.pop() as (inner: Transaction) => unknown
      const nest = (inner: Transaction) => work(watched(inner))
      return (tx.savepoint as (...args: unknown[]) => Promise<unknown>)(...args, nest)
    }
    return Object.assign(tag, { savepoint }) as Transaction
  }

  async function beginIdempotent<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return (await begin('', work)) as T
    } catch (error) {
      if (!(error instanceof Error && isLostConnection(error.cause))) throw error
      return (await begin('', work)) as T
    }
  }

  const tag = intercept<Db>(connection.client, (query) => send(query, (error) => repeat(query, error)))
  const sql = Object.assign(tag, {
    begin: (...args: unknown[]) =>
      begin(args.length > 1 ? String(args[0]) : '', args.at(-1) as (tx: Transaction) => unknown),
    beginIdempotent,
    discard: () => replace(connection),
    end: (options?: { timeout?: number }) => connection.client.end(options),
  })
  return { sql: sql as unknown as Sql }
}

const settleAll = (result: unknown) => (Array.isArray(result) ? Promise.all(result) : result)

/** Safe to run again: it reads only, or nothing of it was sent; and none of its rows was handed out yet. */
function isRepeatable(query: DriverQuery): boolean {
  if (!query.tagged || query.forEachFn) return false
  const text = query.string ?? ''
  return (
    query.state === null ||
    (/^\s*(select|with)\b/i.test(text) && !/\b(insert|update|delete|merge)\b/i.test(text))
  )
}
