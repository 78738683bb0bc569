import type { Actor } from '../auth/actor.ts'
import type { Cache } from '../cache/cache.ts'
import { AppError, asUnavailable } from '../errors.ts'
import { logger } from '../logger.ts'
import { type Limit, type LimitClass, type LimitPolicy, limits } from './limits.ts'
import { networkOf } from './network.ts'

/** What is left to a caller, for the headers of the answer. */
export interface Allowance extends Limit {
  readonly name: string
  readonly remaining: number
  /** Until the window is over and the whole quota is back. */
  readonly resets_in_seconds: number
}

export interface Caller {
  readonly actor: Pick<Actor, 'id'> | undefined
  readonly ip: string
}

export type TakeCall = (name: LimitClass, caller: Caller) => Promise<Allowance | undefined>

export interface RateLimiterDependencies {
  readonly cache: Pick<Cache, 'increment'>
  readonly now?: () => Date
}

/** Calls taken from the shared counter ahead of their use, which only this environment may use. */
interface Lease {
  readonly window: number
  /** Of the last taking; the next takes twice as many. */
  readonly size: number
  left: number
  /** What the shared counter had left after it. */
  readonly shared: number
}

const mostLeases = 10_000
/** An environment takes at most this part of a quota at once: what it does not use is lost to the caller. */
const largestShare = 1 / 8

/**
 * Counts calls in windows of fixed length, in the cache that all environments share. A busy caller costs a
 * round trip only now and then: each environment takes 1 call from the counter, then 2, 4, …, and spends them
 * by itself. So no more than the quota is ever let through, and a few less where a caller meets many environments.
 */
export function createRateLimiter({ cache, now = () => new Date() }: RateLimiterDependencies): TakeCall {
  const leases = new Map<string, Lease>()

  const renew = async (key: string, window: number, limit: Limit, before: Lease | undefined) => {
    const most = Math.max(1, Math.floor(limit.quota * largestShare))
    const size = before?.window === window ? Math.min(before.size * 2, most) : 1
    const counter = { key: `limit:${key}:${window}`, by: size, ttl_seconds: limit.window_seconds * 2 }
    const [count = 0] = await cache.increment([counter])
    const granted = Math.max(0, Math.min(size, limit.quota - (count - size)))
    const lease = { window, size, left: granted, shared: Math.max(0, limit.quota - count) }
    leases.delete(key)
    leases.set(key, lease)
    if (leases.size > mostLeases) leases.delete(leases.keys().next().value!)
    return lease
  }

  return async (name, { actor, ip }) => {
    if (name === 'unlimited') return undefined
    const policy: LimitPolicy = limits[name]
    const limit = (actor && policy.user) || policy.anonymous
    const key = `${name}:${actor && policy.user ? actor.id : networkOf(ip)}`
    const seconds = now().getTime() / 1_000
    const window = Math.floor(seconds / limit.window_seconds)
    const resets_in_seconds = Math.ceil((window + 1) * limit.window_seconds - seconds)

    let lease = leases.get(key)
    // A lease that came back empty says that the quota of this window is used up.
    const isSpent = lease?.window === window && lease.left === 0 && lease.shared === 0
    if (!isSpent && (lease?.window !== window || lease.left === 0)) {
      try {
        lease = await renew(key, window, limit, lease)
      } catch (error) {
        if (policy.fails === 'shut') throw asUnavailable(error)
        logger.error('Calls go uncounted: the cache does not answer', { error: error as Error })
        return undefined
      }
    }
    const allowance = (remaining: number): Allowance => ({ name, ...limit, remaining, resets_in_seconds })
    if (!lease || lease.left === 0) throw rateLimited(allowance(0))
    lease.left -= 1
    return allowance(lease.left + lease.shared)
  }
}

const rateLimited = (allowance: Allowance) =>
  new AppError('rate_limited', `At most ${allowance.quota} in ${allowance.window_seconds} seconds`, {
    headers: { 'retry-after': String(allowance.resets_in_seconds), ...rateLimitHeaders(allowance) },
  })

/** As draft-ietf-httpapi-ratelimit-headers-10 writes them. */
export const rateLimitHeaders = ({
  name,
  quota,
  window_seconds,
  remaining,
  resets_in_seconds,
}: Allowance) => ({
  'ratelimit-policy': `"${name}";q=${quota};w=${window_seconds}`,
  ratelimit: `"${name}";r=${remaining};t=${resets_in_seconds}`,
})
