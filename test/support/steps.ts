import type { Sql } from '../../lib/db/client.ts'
import { intercept } from '../../lib/db/driver.ts'

/**
 * `killed`: the call takes effect and its worker is gone. `unanswered`: it takes effect and the worker is told that it
 * failed. `refused`: it has no effect, and the worker is told so.
 */
export const mishaps = ['killed', 'unanswered', 'refused'] as const
export type Mishap = (typeof mishaps)[number]

export interface Strike {
  readonly mishap: Mishap
  /** Which call it is that it befalls, counted from 1. */
  readonly at: number
}

/** A worker from its start to its end; what it reaches the world with counts its calls. */
export interface Life {
  readonly isOver: () => boolean
  watch<T extends object>(name: string, target: T): T
  watchSql(sql: Sql): Sql
}

/** Counts what workers do outside of themselves, call by call, so that each of them can go wrong. */
export function createSteps(strike?: Strike) {
  const made: string[] = []

  function live(worker: string): Life {
    let isOver = false

    async function take<T>(name: string, work: () => PromiseLike<T>): Promise<T> {
      if (isOver) throw new Error('The worker was killed')
      const isMeant = made.push(`${worker}: ${name}`) === strike?.at
      if (isMeant && strike.mishap === 'refused') throw new Error(`${name} is refused`)
      const result = await work()
      if (isMeant && strike.mishap === 'unanswered') throw new Error(`${name} is not answered`)
      if (isMeant) isOver = true
      if (isOver) throw new Error('The worker was killed')
      return result
    }

    return {
      isOver: () => isOver,
      watch: (name, target) => watchMethods(target, (method, work) => take(`${name}.${method}`, work)),
      watchSql: (sql) => watchStatements(sql, take),
    }
  }

  return { made: made as readonly string[], live }
}

export type Steps = ReturnType<typeof createSteps>

type Take = <T>(name: string, work: () => PromiseLike<T>) => Promise<T>
type Method = (...args: unknown[]) => PromiseLike<unknown>

function watchMethods<T extends object>(target: T, take: Take): T {
  return new Proxy(target, {
    get(_, name) {
      const member = Reflect.get(target, name) as Method | unknown
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => take(String(name), () => member.apply(target, args))
    },
  })
}

/** A transaction is one call: what is cut off within it never happened. */
function watchStatements(sql: Sql, take: Take): Sql {
  const tag = intercept(sql, (query, forward) => {
    const first = query.strings[0]?.trim().split('\n')[0]
    // What the driver settles is what its caller waits for.
    const settle = { resolve: query.resolve, reject: query.reject }
    const done = new Promise((resolve, reject) => Object.assign(query, { resolve, reject }))
    take(`sql ${first}`, () => {
      forward(query)
      return done
    }).then(settle.resolve, settle.reject)
  })
  const whole = (name: 'begin' | 'beginIdempotent') => (work: never) =>
    take(name, () => (sql[name] as unknown as Method)(work))
  return Object.assign(tag, { begin: whole('begin'), beginIdempotent: whole('beginIdempotent') }) as Sql
}
