import { byOwner, longestUserAgent, type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { FieldCipher } from '../auth/field-cipher.ts'
import { hashToken, randomToken } from '../auth/one-time-tokens.ts'
import { isSuspended } from '../auth/suspension.ts'
import type { AccessTokenSigner } from '../auth/tokens.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { addNotice } from '../notices/notices.ts'
import type { OutboxRelay } from '../outbox.ts'
import { lockAccount } from '../users/lock.ts'
import type { UserService } from '../users/service.ts'
import { endSession, evictSessions } from './ending.ts'
import { firstExpiries, nextExpiries } from './lifetimes.ts'
import { judge, type Verdict } from './refresh-tokens.ts'
import {
  insertSession,
  lockPresentedToken,
  markSignedIn,
  type Owner,
  type PresentedTokenRow,
  rotateSession,
} from './repository.ts'
import type { SignedIn } from './schemas.ts'

/** The one that was used longest ago gives way to the next (NIST asks for a limit, ASVS 7.1.2 to say it). */
export const mostSessions = 20

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
  readonly expires_at: Date
  /** Of somebody who was told that another session of theirs gave way. */
  readonly has_news?: boolean
  /** Of somebody who has never signed in before. */
  readonly is_first?: boolean
}

/** The answer, and how the refresh token travels: in its body, or in a cookie alone. */
export interface SessionReply {
  readonly signed_in: SignedIn & { readonly refresh_token: string }
  readonly is_cookie: boolean
  readonly is_persistent: boolean
  /** Until the session ends, however it is used. */
  readonly lasts_seconds: number
}

export function createSessionService(dependencies: SessionDependencies) {
  const { sql, signer, cipher, users, relay, now = () => new Date() } = dependencies

  const answer = async (open: OpenSession): Promise<SessionReply> => {
    const { actor, refresh_token, expires_at, has_news, is_cookie, is_persistent } = open
    if (has_news) await relay.flushSoon()
    return {
      signed_in: {
        token_type: 'Bearer',
        access_token: await signer.sign(actor),
        expires_in: signer.ttlSeconds,
        refresh_token,
        session_id: actor.session_id,
        user: await users.get(actor.id),
      },
      is_cookie,
      is_persistent,
      lasts_seconds: Math.max(toSeconds(expires_at) - toSeconds(now()), 1),
    }
  }

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
          ...nextExpiries(row, at),
        })
      }
      if (verdict === 'expired' || verdict === 'suspended') await auditRefusal(tx, row, verdict, origin, at)
      return { row, verdict }
    })

  const auditRefusal = (
    tx: Db,
    row: PresentedTokenRow,
    verdict: 'expired' | 'suspended',
    origin: Origin,
    at: Date,
  ) => {
    const { session_id, user_id } = row
    const entry = { action: 'session.refused', outcome: 'failure', user_id, session_id } as const
    return recordAudit(tx, { ...entry, details: { code: refusals[verdict] } }, origin, at)
  }

  /** Apart from what has locked the session, for the account comes first; of several at once one tells the user. */
  const endReused = async ({ session_id, user_id }: PresentedTokenRow, origin: Origin) => {
    await sql.begin(async (tx) => {
      const at = now()
      await lockAccount(tx, user_id)
      if (!(await endSession(tx, { user_id, session_id, reason: 'refresh_reuse', now: at }))) return
      const entry = { action: 'session.refresh_reuse', outcome: 'failure', user_id, session_id } as const
      await recordAudit(tx, entry, origin, at)
      await addNotice(tx, { user_id, kind: 'session_revoked', session_id }, origin, at)
    })
    await relay.flushSoon()
  }

  /** Makes room for one more session of the user. */
  const evict = async (tx: Db, user_id: string, origin: Origin, at: Date) => {
    const evicted = await evictSessions(tx, user_id, mostSessions - 1, at)
    for (const session_id of evicted) {
      await recordAudit(tx, { action: 'session.evicted', user_id, session_id }, origin, at)
      await addNotice(tx, { user_id, kind: 'session_evicted', session_id }, origin, at)
    }
    return evicted.length > 0
  }

  return {
    answer,

    async start(tx: Db, { user, auth_time, ...entry }: Entry, origin: Origin): Promise<OpenSession> {
      const created_at = now()
      const owner = await markSignedIn(tx, user.id, created_at)
      refuseChanged(owner, user, created_at)
      const has_news = await evict(tx, user.id, origin, created_at)
      const refresh_token = randomToken()
      const expiries = firstExpiries(user.role, created_at)
      const session = {
        ...entry,
        user_id: user.id,
        auth_time,
        ip: origin.ip,
        user_agent: origin.userAgent.slice(0, longestUserAgent),
        created_at,
        ...expiries,
      }
      const session_id = await insertSession(tx, session, hashToken(refresh_token))
      const { id, role, token_version } = user
      const actor = { id, role, token_version, session_id, acr: entry.acr, auth_time: toSeconds(auth_time) }
      await recordAudit(tx, { action: 'session.started', ...byOwner(actor) }, origin, created_at)
      const { is_cookie, is_persistent } = entry
      const is_first = !owner?.last_login_at
      return { actor, refresh_token, is_cookie, is_persistent, ...expiries, has_news, is_first }
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
      if (verdict === 'reused') await endReused(row, origin)
      const refused = refusals[verdict]
      if (refused) throw new AppError(refused)

      const { user_id: id, session_id, role, token_version, acr, is_cookie, is_persistent } = row
      return answer({
        actor: { id, session_id, role, token_version, acr, auth_time: toSeconds(row.auth_time) },
        refresh_token: verdict === 'repeat' ? await cipher.open(row.sealed_successor!) : successor,
        is_cookie,
        is_persistent,
        expires_at: row.expires_at,
      })
    },
  }
}

/** The account may have changed while the password was being compared: what was proved then proves nothing now. */
function refuseChanged(owner: Owner | undefined, proved: Entry['user'], at: Date) {
  if (!owner || owner.deleted_at || owner.token_version !== proved.token_version)
    throw new AppError('invalid_credentials')
  if (isSuspended(owner, at)) throw new AppError('account_suspended')
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
