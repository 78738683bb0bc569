import type { Origin } from '../audit/record.ts'
import type { Sql } from '../db/client.ts'
import type { Throttle } from '../throttle/throttle.ts'
import type { Passwords } from './passwords.ts'
import { findCredentialsById } from './repository.ts'

export interface PasswordCheckDependencies {
  readonly sql: Sql
  readonly passwords: Pick<Passwords, 'matches'>
  readonly throttle: Pick<Throttle, 'attempts'>
}

/** Whether this is the password of a user who is signed in. */
export function createPasswordCheck({ sql, passwords, throttle }: PasswordCheckDependencies) {
  return (userId: string, password: string, origin: Origin): Promise<boolean> =>
    throttle.attempts.ownPassword(userId, origin, async () =>
      passwords.matches(password, (await findCredentialsById(sql, userId))?.password_hash),
    )
}

export type IsPassword = ReturnType<typeof createPasswordCheck>
