import type { Sql } from '../../../lib/db/client.ts'
import type { MemoryStripe } from '../../support/memory-stripe.ts'

export interface Stage {
  /** Each as an environment of the function has one. */
  readonly connections: readonly Sql[]
  readonly sql: Sql
  /** One for all: what it takes is no time of ours. */
  readonly stripe: MemoryStripe
}

/** Milliseconds of each piece of work, done by as many at once as there are workers. */
export async function timeEach<W>(
  workers: readonly W[],
  count: number,
  work: (worker: W, at: number) => Promise<void>,
): Promise<{ readonly times: number[]; readonly total: number }> {
  const times: number[] = []
  let next = 0
  const started = performance.now()
  await Promise.all(
    workers.map(async (worker) => {
      for (let at = next++; at < count; at = next++) {
        const began = performance.now()
        await work(worker, at)
        times.push(performance.now() - began)
      }
    }),
  )
  return { times, total: performance.now() - started }
}
