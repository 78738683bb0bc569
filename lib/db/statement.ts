import { unavailable } from '../errors.ts'
import type { Connection } from './connection.ts'
import { asDriverQuery, type DriverQuery } from './driver.ts'
import { isLostConnection, toUnavailable } from './errors.ts'
import type { Lifeline } from './lifeline.ts'

/** Takes a failure over by doing the work again, or leaves it. */
type Recover = (error: unknown) => PromiseLike<unknown> | undefined

/** Runs a statement outside a transaction; one that met a lost connection runs once more where that is safe. */
export function send(lifeline: Lifeline, query: DriverQuery): void {
  submit(lifeline, query, (error) => {
    if (!isLostConnection(error) || !isRepeatable(query)) return undefined
    const again = asDriverQuery(lifeline.connection().client(query.strings, ...query.args))
    if (query.isRaw !== undefined) again.isRaw = query.isRaw
    again.handler = (ready) => submit(lifeline, ready)
    return again
  })
}

function submit(lifeline: Lifeline, query: DriverQuery, recover?: Recover) {
  const start = () => {
    const connection = lifeline.connection()
    // A cursor takes as long as whoever reads it.
    if (!query.cursorFn) watch(lifeline, connection, query, recover)
    connection.submit(query)
  }
  const waking = lifeline.wake()
  if (waking) waking.then(start, query.reject)
  else start()
}

/** Puts the deadline on a query: it is cancelled, and its connection, which may be dead, is given up. */
export function watch(lifeline: Lifeline, connection: Connection, query: DriverQuery, recover?: Recover) {
  const { resolve, reject } = query
  let isSettled = false
  const settle = (tell: () => void) => {
    if (isSettled) return
    isSettled = true
    stop()
    lifeline.leave()
    tell()
  }
  const stop = lifeline.startDeadline((error) => {
    if (query.state) connection.giveUp(query)
    else connection.discard()
    settle(() => reject(unavailable(error)))
  })
  lifeline.enter()
  query.resolve = (result) => settle(() => resolve(result))
  query.reject = (error) =>
    settle(() => {
      const again = recover?.(error)
      if (again) again.then(resolve, reject)
      else reject(toUnavailable(error))
    })
}

/** Nothing of it was sent or it only reads; and none of its rows was handed out yet. */
function isRepeatable(query: DriverQuery): boolean {
  if (!query.tagged || query.forEachFn) return false
  const text = query.string ?? ''
  const isRead = /^\s*(select|with)\b/i.test(text) && !/\b(insert|update|delete|merge)\b/i.test(text)
  return query.state === null || isRead
}
