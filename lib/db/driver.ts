import type postgres from 'postgres'

/**
 * The members of postgres.js's query object that its types leave out. A query is lazy: it is a fragment when
 * it lands inside another one, and when it is awaited it hands itself to its `handler`. Checked against
 * 3.4.9, the version that is pinned; the tests of lib/db fail when an upgrade changes them.
 */
export interface DriverQuery extends PromiseLike<unknown> {
  handler: (query: DriverQuery) => unknown
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
  readonly canceller: ((query: DriverQuery) => Promise<void>) | null
  readonly strings: TemplateStringsArray
  readonly args: readonly never[]
  readonly tagged: boolean
  /** The whole text, once it was sent. */
  readonly string?: string
  /** Null while nothing of it was sent. */
  readonly state: object | null
  isRaw?: boolean | 'values'
  readonly forEachFn?: unknown
  readonly cursorFn?: unknown
}

export const asDriverQuery = (query: unknown) => query as DriverQuery

const isTemplate = (first: unknown): first is TemplateStringsArray => Array.isArray(first) && 'raw' in first

const located = new WeakSet<TemplateStringsArray>()

/**
 * The driver ends the stack of a failure with where the statement was written, as four calls from its own
 * depth: one short of our caller. It keeps that record by template, so it is set right once.
 */
function locate(query: object, strings: TemplateStringsArray) {
  if (located.has(strings)) return
  located.add(strings)
  const records = query as Record<symbol, { stack?: string } | undefined>
  const record = Object.getOwnPropertySymbols(query)
    .map((symbol) => records[symbol])
    .find((value) => value?.stack)
  const [title, , , ...callers] = new Error().stack?.split('\n') ?? []
  if (record) record.stack = [title, ...callers.slice(0, 4)].join('\n')
}

/** The same tag, but a query that runs goes to `send` first, with what would have run it. */
export function intercept<T extends postgres.ISql>(
  source: T,
  send: (query: DriverQuery, forward: DriverQuery['handler']) => unknown,
): T {
  function take<Q>(query: Q): Q {
    const taken = asDriverQuery(query)
    const forward = taken.handler
    taken.handler = (ready) => send(ready, forward)
    return query
  }
  const call = source as unknown as (first: unknown, ...rest: unknown[]) => unknown
  const tag = (first: unknown, ...rest: unknown[]) => {
    const made = call(first, ...rest)
    if (!isTemplate(first)) return made
    locate(made as object, first)
    return take(made)
  }
  const unsafe: T['unsafe'] = (...args) => take(source.unsafe(...args))
  return Object.assign(tag, source, { unsafe }) as unknown as T
}
