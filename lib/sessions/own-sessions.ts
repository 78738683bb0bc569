import * as z from 'zod/mini'
import { byOwner, type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import { revokeUser } from '../revocations/revoking.ts'
import { lockAccount } from '../users/lock.ts'
import { endSession, endSessions } from './ending.ts'
import { forgetSecondFactor, listSessions, raiseTokenVersion } from './repository.ts'
import type { ListSessions } from './schemas.ts'

export interface OwnSessionsDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type OwnSessions = ReturnType<typeof createOwnSessions>

const cursorValues = z.tuple([z.uuid()])

/** What a user sees of their sessions, and how they end them. */
export function createOwnSessions({ sql, now = () => new Date() }: OwnSessionsDependencies) {
  return {
    async list({ id, session_id }: Actor, { limit, cursor }: ListSessions) {
      const scope = `sessions ${id}`
      const [before] = cursor === undefined ? [] : decodeCursor(scope, cursor, cursorValues)
      const rows = await listSessions(sql, id, { before, limit }, now())
      const sessions = rows.map((row) => ({ ...row, current: row.id === session_id }))
      return toPage(sessions, limit, (last) => encodeCursor(scope, [last.id]))
    },

    /** Of another device, which then has to pass the second factor again. */
    end: (actor: Actor, session_id: string, origin: Origin): Promise<void> =>
      sql.begin(async (tx) => {
        const at = now()
        await lockAccount(tx, actor.id)
        await forgetSecondFactor(tx, actor.id, session_id)
        const has = await endSession(tx, { user_id: actor.id, session_id, reason: 'ended_by_user', now: at })
        if (!has) throw new AppError('not_found')
        const entry = { action: 'session.ended', ...byOwner({ id: actor.id, session_id }) } as const
        await recordAudit(tx, { ...entry, details: { by_session: actor.session_id } }, origin, at)
      }),

    logout: (actor: Actor, origin: Origin): Promise<void> =>
      sql.begin(async (tx) => {
        const at = now()
        await endSession(tx, { user_id: actor.id, session_id: actor.session_id, reason: 'logout', now: at })
        await recordAudit(tx, { action: 'session.ended', ...byOwner(actor) }, origin, at)
      }),

    /** Every session, this one too, and whatever else lets somebody in without all that is asked for. */
    logoutAll: (actor: Actor, origin: Origin): Promise<void> =>
      sql.begin(async (tx) => {
        const at = now()
        await raiseTokenVersion(tx, actor.id)
        const count = await endSessions(tx, { user_id: actor.id, reason: 'logout_all', now: at })
        await revokeUser(tx, actor.id, 'logout_all', at)
        await forgetSecondFactor(tx, actor.id)
        const entry = { action: 'session.all_ended', ...byOwner(actor) } as const
        await recordAudit(tx, { ...entry, details: { count } }, origin, at)
      }),
  }
}
