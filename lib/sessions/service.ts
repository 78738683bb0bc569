import { longestUserAgent, type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { FieldCipher } from '../auth/field-cipher.ts'
import { hashToken, randomToken } from '../auth/one-time-tokens.ts'
import type { AccessTokenSigner } from '../auth/tokens.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { addNotice } from '../notices/notices.ts'
import type { OutboxRelay } from '../outbox.ts'
import type { UserService } from '../users/service.ts'
import { endSession } from './ending.ts'
import { firstExpiries, judge, nextIdleExpiry, type Verdict } from './refresh-tokens.ts'
import { insertSession, lockPresentedToken, type PresentedTokenRow, rotateSession } from './repository.ts'
import type { SignedIn } from './schemas.ts'

export interface SessionDependencies {
  readonly sql: Sql
  readonly signer: AccessTokenSigner
  readonly cipher: FieldCipher
  readonly users: Pick<UserService, 'get'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type SessionService = ReturnType<typeof createSessionService>

/** Of somebody who has passed every factor that was asked for. */
export interface Entry {
  readonly user: Pick<Actor, 'id' | 'role' | 'token_version'>
  readonly acr: Actor['acr']
  /** When they did, which on a device that is remembered was before now. */
  readonly auth_time: Date
  readonly device_id: string | null
  readonly is_cookie: boolean
  readonly is_persistent: boolean
}

/** A session with its present refresh token, for the answer once all is committed. */
export interface OpenSession {
  readonly actor: Actor
  readonly refresh_token: string
  readonly is_cookie: boolean
  readonly is_persistent: boolean
}

/** The answer, and how the refresh token travels: in its body, or in a cookie alone. */
export interface SessionReply {
  readonly signed_in: SignedIn & { readonly refresh_token: string }
  readonly is_cookie: boolean
  readonly is_persistent: boolean
}

export function createSessionService(dependencies: SessionDependencies) {
  const { sql, signer, cipher, users, relay, now = () => new Date() } = dependencies

  const answer = async ({ actor, refresh_token, ...cookie }: OpenSession): Promise<SessionReply> => ({
    signed_in: {
      token_type: 'Bearer',
      access_token: await signer.sign(actor),
      expires_in: signer.ttlSeconds,
      refresh_token,
      session_id: actor.session_id,
      user: await users.get(actor.id),
    },
    ...cookie,
  })

  /** Writes what follows from presenting the token; the caller answers once that is committed. */
  const present = (token: string, successor: { token: string; sealed: string }, origin: Origin) =>
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
      if (verdict === 'reused') await endReused(tx, row, origin, at)
      return { row, verdict }
    })

  const endReused = async (tx: Db, { session_id, user_id }: PresentedTokenRow, origin: Origin, at: Date) => {
    await endSession(tx, { user_id, session_id, reason: 'refresh_reuse', now: at })
    const entry = { action: 'session.refresh_reuse', outcome: 'failure', user_id, session_id } as const
    await recordAudit(tx, entry, origin, at)
    await addNotice(tx, { user_id, kind: 'session_revoked', session_id }, origin, at)
  }

  return {
    answer,

    async start(tx: Db, { user, auth_time, ...entry }: Entry, origin: Origin): Promise<OpenSession> {
      const created_at = now()
      const refresh_token = randomToken()
      const session = {
        ...entry,
        user_id: user.id,
        auth_time,
        ip: origin.ip,
        user_agent: origin.userAgent.slice(0, longestUserAgent),
        created_at,
        ...firstExpiries(created_at),
      }
      const session_id = await insertSession(tx, session, hashToken(refresh_token))
      const { id, role, token_version } = user
      const actor = { id, role, token_version, session_id, acr: entry.acr, auth_time: toSeconds(auth_time) }
      await recordAudit(
        tx,
        { action: 'session.started', actor_id: id, user_id: id, session_id },
        origin,
        created_at,
      )
      return { actor, refresh_token, is_cookie: entry.is_cookie, is_persistent: entry.is_persistent }
    },

    async refresh(token: string, origin: Origin): Promise<SessionReply> {
      const successor = randomToken()
      const presented = await present(
        token,
        { token: successor, sealed: await cipher.seal(successor) },
        origin,
      )
      if (!presented) throw new AppError('refresh_token_not_found')

      const { row, verdict } = presented
      if (verdict === 'reused') await relay.flushSoon()
      const refused = refusals[verdict]
      if (refused) throw new AppError(refused)

      const { user_id: id, session_id, role, token_version, acr, is_cookie, is_persistent } = row
      return answer({
        actor: { id, session_id, role, token_version, acr, auth_time: toSeconds(row.auth_time) },
        refresh_token: verdict === 'repeat' ? await cipher.open(row.sealed_successor!) : successor,
        is_cookie,
        is_persistent,
      })
    },

    logout: ({ id, session_id }: Actor, origin: Origin): Promise<void> =>
      sql.begin(async (tx) => {
        await endSession(tx, { user_id: id, session_id, reason: 'logout', now: now() })
        await recordAudit(
          tx,
          { action: 'session.ended', actor_id: id, user_id: id, session_id },
          origin,
          now(),
        )
      }),
  }
}

const toSeconds = (date: Date) => Math.floor(date.getTime() / 1_000)

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
