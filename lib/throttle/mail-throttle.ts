import { createHash } from 'node:crypto'
import type { Cache } from '../cache/cache.ts'
import { asUnavailable } from '../errors.ts'
import { createPace } from '../http/pace.ts'
import { addressesTried, mailGapSeconds, mailsPerHalfHour } from './rules.ts'

export interface MailThrottleDependencies {
  readonly cache: Pick<Cache, 'increment'>
  readonly now?: () => Date
}

type MailKind = 'verify_email' | 'reset_password' | 'registered' | 'account_exists' | 'change_email'

/**
 * How many mails of a kind anybody can make us send to an address. Whoever asks for more gets the same answer
 * and no mail: a refusal would tell that somebody else has asked.
 */
export function createMailThrottle({ cache, now }: MailThrottleDependencies) {
  const keepPace = createPace({ cache, ...(now && { now }) })

  const take = async (key: string, quota: number, ttl_seconds: number) => {
    const [count = 0] = await cache.increment([{ key, by: 1, ttl_seconds }])
    return count <= quota
  }

  return {
    /** Refuses an account that has many addresses mailed, which is told to it alone. */
    tryAddress: (userId: string): Promise<void> => keepPace(`addresses:${userId}`, addressesTried),

    /** Takes one mail to the address, whether or not it has an account. */
    async take(kind: MailKind, email: string): Promise<boolean> {
      const key = `mails:${kind}:${createHash('sha256').update(email).digest('base64url')}`
      try {
        return (await take(`${key}:gap`, 1, mailGapSeconds)) && (await take(key, mailsPerHalfHour, 1_800))
      } catch (error) {
        throw asUnavailable(error)
      }
    },
  }
}
