import type { Cache } from '../cache/cache.ts'
import { AppError } from '../errors.ts'
import { logger } from '../logger.ts'
import type { Limit } from './limits.ts'

export interface PaceDependencies {
  readonly cache: Pick<Cache, 'increment'>
  readonly now?: () => Date
}

/** Counts one more of what `key` names, and refuses what is over the quota. */
export type KeepPace = (key: string, limit: Limit) => Promise<void>

/** Limits finer than the class of a route. They guard no secret: a cache out of reach lets everything through. */
export function createPace({ cache, now = () => new Date() }: PaceDependencies): KeepPace {
  return async (key, { quota, window_seconds }) => {
    const seconds = now().getTime() / 1_000
    const window = Math.floor(seconds / window_seconds)
    const counter = { key: `pace:${key}:${window}`, by: 1, ttl_seconds: window_seconds * 2 }
    const count = await cache.increment([counter]).then(
      ([value = 0]) => value,
      (error: unknown) => {
        logger.error('Calls go uncounted: the cache does not answer', { error: error as Error })
        return 0
      },
    )
    if (count <= quota) return
    const wait = Math.ceil((window + 1) * window_seconds - seconds)
    throw new AppError('rate_limited', `At most ${quota} in ${window_seconds} seconds`, {
      headers: { 'retry-after': String(wait) },
    })
  }
}
