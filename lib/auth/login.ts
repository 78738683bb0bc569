import type { Origin } from '../audit/record.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { SessionReply, SessionService } from '../sessions/service.ts'
import type { Passwords } from './passwords.ts'
import { type Credentials, findCredentials } from './repository.ts'
import type { Login } from './schemas.ts'
import { isSuspended } from './suspension.ts'

export interface LoginDependencies {
  readonly sql: Sql
  readonly passwords: Passwords
  readonly sessions: Pick<SessionService, 'start' | 'answer'>
  readonly now?: () => Date
}

export type LoginService = ReturnType<typeof createLoginService>

export function createLoginService(dependencies: LoginDependencies) {
  const { sql, passwords, sessions, now = () => new Date() } = dependencies

  return {
    async login(
      { identifier, password, cookie = false, remember = !cookie }: Login,
      origin: Origin,
    ): Promise<SessionReply> {
      const account = await findCredentials(sql, identifier)
      const isRight = await passwords.matches(password, account?.password_hash)
      if (!account || !isRight) throw new AppError('invalid_credentials')
      refuseShut(account, now())
      const entry = {
        user: account,
        acr: 'aal1',
        auth_time: now(),
        device_id: null,
        is_cookie: cookie,
        is_persistent: remember,
      } as const
      return sessions.answer(await sql.begin((tx) => sessions.start(tx, entry, origin)))
    },
  }
}

/** Told only to whoever knows the password. */
function refuseShut(account: Credentials, at: Date) {
  if (isSuspended(account, at)) throw new AppError('account_suspended')
  if (!account.email_verified_at) throw new AppError('email_not_verified')
  if (account.must_reset_password) throw new AppError('password_reset_required')
}
