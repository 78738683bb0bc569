import type { Sql } from '../db/client.ts'
import type { Passwords } from './passwords.ts'
import { findCredentialsById } from './repository.ts'

/** Whether this is the password of a user who is signed in. */
export function createPasswordCheck({ sql, passwords }: { sql: Sql; passwords: Pick<Passwords, 'matches'> }) {
  return async (userId: string, password: string): Promise<boolean> =>
    passwords.matches(password, (await findCredentialsById(sql, userId))?.password_hash)
}
