import type { Cache } from '../cache/cache.ts'
import { asUnavailable } from '../errors.ts'
import type { Place } from './guard.ts'
import { accountsPerHour } from './rules.ts'

const hourMs = 3_600_000

/**
 * How many accounts a network fails at: one guess at each of many is no failure of any account. An account is
 * counted by its first attempt in the hour, and no longer once somebody signs in to it.
 */
export function createNetworkReach({ cache, now }: { readonly cache: Cache; readonly now: () => Date }) {
  const reach = async (network: string, account: string): Promise<Place> => {
    const at = now().getTime()
    const hour = Math.floor(at / hourMs)
    const ttl_seconds = 2 * 3_600
    const pair = { key: `tried:${network}:${account}:${hour}`, by: 1, ttl_seconds }
    const accounts = { key: `accounts:${network}:${hour}`, by: 1, ttl_seconds }
    const release = async () => {
      await Promise.all([cache.delete(pair.key), cache.increment([{ ...accounts, by: -1 }])])
    }

    const [times] = await cache.increment([pair])
    if (times !== 1) return { release: async () => {} }
    const [count = 0] = await cache.increment([accounts])
    if (count <= accountsPerHour) return { release }
    await release()
    const [told] = await cache.increment([{ key: `${accounts.key}:told`, by: 1, ttl_seconds }])
    const retryAfterSeconds = Math.ceil(((hour + 1) * hourMs - at) / 1_000)
    return { refusal: { retryAfterSeconds, isFirst: told === 1 }, release: async () => {} }
  }

  return (network: string, account: string): Promise<Place> =>
    reach(network, account).catch((error) => {
      throw asUnavailable(error)
    })
}
