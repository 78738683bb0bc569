import type { Cache } from '../cache/cache.ts'
import { asUnavailable } from '../errors.ts'
import { hourMs } from '../time.ts'
import type { Place } from './guard.ts'
import { accountsPerHour } from './rules.ts'

/** More than a network can try in an hour: taken from a pair's counter it marks that somebody has signed in. */
const signedIn = 1_000_000

export interface SprayPlace extends Place {
  /** The network is at home in this account: nothing at it counts in this hour. */
  forget(): Promise<void>
}

const nothing = async () => {}

/**
 * How many accounts a network fails at: one guess at each of many (password spraying) is no failure of any account.
 * An account is counted by its first attempt in the hour, and no longer once somebody of the network signs in to it.
 */
export function createSprayLimit({ cache, now }: { readonly cache: Cache; readonly now: () => Date }) {
  const reserve = async (network: string, account: string): Promise<SprayPlace> => {
    const at = now().getTime()
    const hour = Math.floor(at / hourMs)
    const ttl_seconds = 2 * 3_600
    const pair = { key: `tried:${network}:${account}:${hour}`, by: 1, ttl_seconds }
    const accounts = { key: `accounts:${network}:${hour}`, by: 1, ttl_seconds }
    const release = async () => {
      await Promise.all([cache.delete(pair.key), cache.increment([{ ...accounts, by: -1 }])])
    }

    /** Of many who sign in at once, one takes the account from the count. */
    const forget = async () => {
      const [marked = 0] = await cache.increment([{ ...pair, by: -signedIn }])
      if (marked > -signedIn) await cache.increment([{ ...accounts, by: -1 }])
    }

    const [times] = await cache.increment([pair])
    if (times !== 1) return { release: nothing, forget }
    const [count = 0] = await cache.increment([accounts])
    if (count <= accountsPerHour) return { release, forget }
    await release()
    const [told] = await cache.increment([{ key: `${accounts.key}:told`, by: 1, ttl_seconds }])
    const retryAfterSeconds = Math.ceil(((hour + 1) * hourMs - at) / 1_000)
    return { refusal: { retryAfterSeconds, isFirst: told === 1 }, release: nothing, forget: nothing }
  }

  return (network: string, account: string): Promise<SprayPlace> =>
    reserve(network, account).catch((error) => {
      throw asUnavailable(error)
    })
}
