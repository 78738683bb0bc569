import type { Cache } from '../cache/cache.ts'
import type { Sql } from '../db/client.ts'
import { createAttempts } from './attempts.ts'
import { createLoginThrottle } from './login-throttle.ts'
import { createMailThrottle } from './mail-throttle.ts'

export interface ThrottleDependencies {
  readonly sql: Sql
  readonly cache: Cache
  readonly now?: () => Date
}

export type Throttle = ReturnType<typeof createThrottle>

/** What holds back whoever guesses or floods, beyond the limits of each route. */
export const createThrottle = (dependencies: ThrottleDependencies) => ({
  logins: createLoginThrottle(dependencies),
  attempts: createAttempts(dependencies),
  mails: createMailThrottle(dependencies),
})
