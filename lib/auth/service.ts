import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { logger } from '../logger.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import type { UserService } from '../users/service.ts'
import type { Actor } from './actor.ts'
import type { FieldCipher } from './field-cipher.ts'
import { hashToken, randomToken } from './one-time-tokens.ts'
import type { Passwords } from './passwords.ts'
import { firstExpiries, judge, nextIdleExpiry, type Verdict } from './refresh-tokens.ts'
import {
  findCredentials,
  insertSession,
  lockPresentedToken,
  markRevoked,
  type PresentedTokenRow,
  rotateSession,
} from './repository.ts'
import type { Login, SignedIn } from './schemas.ts'
import type { AccessTokenSigner } from './tokens.ts'

export interface AuthDependencies {
  readonly sql: Sql
  readonly passwords: Passwords
  readonly signer: AccessTokenSigner
  readonly cipher: FieldCipher
  readonly users: Pick<UserService, 'get'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type AuthService = ReturnType<typeof createAuthService>

/** Where a session is used from. */
export interface Client {
  readonly ip: string
  readonly userAgent: string
}

const longestUserAgent = 512

export function createAuthService(dependencies: AuthDependencies) {
  const { sql, passwords, signer, cipher, users, relay, now = () => new Date() } = dependencies

  const answer = async (actor: Actor, refreshToken: string): Promise<SignedIn> => ({
    token_type: 'Bearer',
    access_token: await signer.sign(actor),
    expires_in: signer.ttlSeconds,
    refresh_token: refreshToken,
    session_id: actor.session_id,
    user: await users.get(actor.id),
  })

  const startSession = (userId: string, { ip, userAgent }: Client, refreshToken: string) => {
    const created_at = now()
    const user_agent = userAgent.slice(0, longestUserAgent)
    const session = { user_id: userId, ip, user_agent, created_at, ...firstExpiries(created_at) }
    return insertSession(sql, session, hashToken(refreshToken))
  }

  /** Writes what follows from presenting the token; the caller answers once that is committed. */
  const present = (token: string, successor: { token: string; sealed: string }, requestId: string) =>
    sql.begin(async (tx): Promise<Presented | undefined> => {
      const row = await lockPresentedToken(tx, hashToken(token))
      if (!row) return undefined
      const at = now()
      const verdict = judge(row, at)
      if (verdict === 'rotate') {
        await rotateSession(tx, {
          session_id: row.session_id,
          token_hash: hashToken(successor.token),
          sealed_successor: successor.sealed,
          rotated_at: at,
          idle_expires_at: nextIdleExpiry(at, row.expires_at),
        })
      }
      if (verdict === 'reused') {
        await markRevoked(tx, row.session_id, 'refresh_reuse', at)
        await addToOutbox(tx, 'mail.session_revoked', { user_id: row.user_id }, requestId)
      }
      return { row, verdict }
    })

  return {
    async login({ identifier, password }: Login, client: Client): Promise<SignedIn> {
      const account = await findCredentials(sql, identifier)
      const isRight = await passwords.matches(password, account?.password_hash)
      if (!account || !isRight) throw new AppError('invalid_credentials')
      if (account.suspended_at) throw new AppError('account_suspended')
      if (!account.email_verified_at) throw new AppError('email_not_verified')

      const refreshToken = randomToken()
      const session_id = await startSession(account.id, client, refreshToken)
      return answer({ ...account, session_id }, refreshToken)
    },

    async refresh(token: string, requestId: string): Promise<SignedIn> {
      const successor = randomToken()
      const presented = await present(
        token,
        { token: successor, sealed: await cipher.seal(successor) },
        requestId,
      )
      if (!presented) throw new AppError('refresh_token_not_found')

      const { row, verdict } = presented
      if (verdict === 'reused') {
        logger.warn('A used refresh token came back', { user_id: row.user_id, session_id: row.session_id })
        await relay.flushSoon()
      }
      const refused = refusals[verdict]
      if (refused) throw new AppError(refused)

      const refreshToken = verdict === 'repeat' ? await cipher.open(row.sealed_successor!) : successor
      return answer({ ...row, id: row.user_id }, refreshToken)
    },

    logout: ({ session_id }: Actor): Promise<void> => markRevoked(sql, session_id, 'logout', now()),
  }
}

interface Presented {
  readonly row: PresentedTokenRow
  readonly verdict: Verdict
}

const refusals = {
  rotate: undefined,
  repeat: undefined,
  expired: 'session_expired',
  suspended: 'account_suspended',
  reused: 'refresh_token_already_used',
} as const
