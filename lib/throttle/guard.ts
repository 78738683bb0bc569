import type { Cache } from '../cache/cache.ts'
import { asUnavailable } from '../errors.ts'
import { forgottenAfterSeconds, type Rule } from './rules.ts'

export interface GuardDependencies {
  readonly cache: Cache
  readonly now?: () => Date
}

export interface Refusal {
  readonly retryAfterSeconds: number
  /** Nobody was refused in this wait before: worth a line in the audit trail, which a flood is not. */
  readonly isFirst: boolean
}

/** An attempt that is let through counts as failed until it is forgiven or given back. */
export interface Place {
  readonly refusal?: Refusal
  /** It is the one attempt after a wait. */
  readonly isAfterWait?: boolean
  /** As if it had never been asked for. */
  release(): Promise<void>
}

interface Wait {
  readonly level: number
  /** Milliseconds since 1970. */
  readonly until: number
}

/**
 * Counts attempts before they are made, so that of many at once no more are let through than of as many in a
 * row. After the free ones one is let through whenever a wait is over, and begins the next wait.
 */
export function createGuard({ cache, now = () => new Date() }: GuardDependencies) {
  const readWait = async (key: string): Promise<Wait | undefined> => {
    const [level, until] = ((await cache.get(`${key}:wait`)) ?? '').split(' ').map(Number)
    return level && until ? { level, until } : undefined
  }

  const writeWait = (key: string, { level, until }: Wait) =>
    cache.set(`${key}:wait`, `${level} ${until}`, forgottenAfterSeconds)

  const refuse = async (key: string, until: number): Promise<Place> => {
    const retryAfterSeconds = Math.max(1, Math.ceil((until - now().getTime()) / 1_000))
    const told = { key: `${key}:told`, by: 1, ttl_seconds: retryAfterSeconds }
    const [times] = await cache.increment([told])
    return { refusal: { retryAfterSeconds, isFirst: times === 1 }, release: async () => {} }
  }

  /** Of the free attempts, or the one after the wait. */
  const counterOf = (key: string, rule: Rule, wait: Wait | undefined) =>
    wait
      ? { key: `${key}:after:${wait.until}`, by: 1, ttl_seconds: waitAfter(rule, wait) }
      : { key: `${key}:failed`, by: 1, ttl_seconds: rule.window_seconds }

  const giveBack = async (key: string, counter: ReturnType<typeof counterOf>, wait: Wait | undefined) => {
    await cache.increment([{ ...counter, by: -1 }])
    if (wait) await writeWait(key, wait)
    else await cache.delete(`${key}:wait`)
  }

  const reserve = async (rule: Rule, subject: string, free: number): Promise<Place> => {
    const key = keyOf(rule, subject)
    const wait = await readWait(key)
    const at = now().getTime()
    if (wait && at < wait.until) return refuse(key, wait.until)

    const counter = counterOf(key, rule, wait)
    const [taken = 0] = await cache.increment([counter])
    const places = wait ? 1 : free
    const isLast = taken >= places
    const next = { level: (wait?.level ?? 0) + 1, until: at + waitAfter(rule, wait) * 1_000 }
    if (isLast) await writeWait(key, next)
    if (taken > places) return refuse(key, next.until)
    return { isAfterWait: wait !== undefined, release: () => giveBack(key, counter, wait) }
  }

  return {
    /** `free` may be fewer than those of the rule. */
    reserve: (rule: Rule, subject: string, free: number = rule.free): Promise<Place> =>
      reserve(rule, subject, free).catch(rethrowUnavailable),

    /** Forgets every failure. */
    async forgive(rule: Rule, subject: string): Promise<void> {
      const key = keyOf(rule, subject)
      await cache.delete(`${key}:failed`, `${key}:wait`).catch(rethrowUnavailable)
    },

    /** How many have failed; all of the free ones while waits go on. */
    async failures(rule: Rule, subject: string): Promise<number> {
      const key = keyOf(rule, subject)
      const [wait, [failed = 0]] = await Promise.all([readWait(key), cache.count(`${key}:failed`)]).catch(
        rethrowUnavailable,
      )
      return wait ? Math.max(rule.free, failed) : failed
    },
  }
}

const keyOf = ({ name }: Rule, subject: string) => `attempts:${name}:${subject}`

const waitAfter = ({ waits_seconds }: Rule, wait: Wait | undefined) =>
  waits_seconds[Math.min(wait?.level ?? 0, waits_seconds.length - 1)]!

function rethrowUnavailable(error: unknown): never {
  throw asUnavailable(error)
}
