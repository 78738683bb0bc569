import type { EventOrigin, Jobs } from './event-consumer.ts'
import type { EventType } from './events.ts'

type SomeJobs<T extends EventType> = Pick<Jobs, T>
type Job = (payload: unknown, eventId: string, origin: EventOrigin) => Promise<void>

/** Both on what both know: the second whatever becomes of the first, and again with it should either fail. */
export function bothOf<A extends EventType, B extends EventType>(
  first: SomeJobs<A>,
  second: SomeJobs<B>,
): SomeJobs<A | B> {
  const one = first as Readonly<Record<string, Job>>
  const other = second as Readonly<Record<string, Job>>
  const shared = Object.keys(one).filter((type) => type in other)
  const joined = shared.map((type) => [type, inTurn(one[type]!, other[type]!)])
  return { ...one, ...other, ...Object.fromEntries(joined) } as SomeJobs<A | B>
}

const inTurn =
  (...jobs: readonly Job[]): Job =>
  async (...args) => {
    const failures: unknown[] = []
    for (const job of jobs) await job(...args).catch((error: unknown) => failures.push(error))
    if (failures.length === 1) throw failures[0]
    if (failures.length > 1) throw new AggregateError(failures, 'An event could not be handled')
  }
