import { type AuditEntry, type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { revokeUser } from '../revocations/revoking.ts'
import { endSessions } from '../sessions/ending.ts'
import { isLast, nobodyLeft } from './last-admin.ts'
import { listUsers, lockAdmins, lockTarget, markRole, markSuspended, type Target } from './repository.ts'
import type { ListUsers, SuspendUser } from './schemas.ts'

export interface AdminDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type AdminService = ReturnType<typeof createAdminService>

/** What admins do with the accounts of others. Their own is not theirs to change here, so one is always left. */
export function createAdminService({ sql, relay, now = () => new Date() }: AdminDependencies) {
  /** Finds whom it is about, with everybody who might do the same to the actor kept waiting. */
  const lock = async (tx: Db, actor: Actor, userId: string): Promise<Target> => {
    if (userId === actor.id) throw new AppError('conflict', 'Your own account is for another admin to change')
    const admins = await lockAdmins(tx, now())
    const target = await lockTarget(tx, userId, now())
    if (!target) throw new AppError('not_found')
    if (isLast(admins, userId)) throw nobodyLeft()
    if (!admins.some(({ id, is_active }) => id === actor.id && is_active)) throw new AppError('forbidden')
    return target
  }

  const record = (tx: Db, actor: Actor, entry: AuditEntry, origin: Origin) =>
    recordAudit(tx, { ...entry, actor_id: actor.id, session_id: actor.session_id }, origin, now())

  const suspendWithin = async (
    tx: Db,
    actor: Actor,
    userId: string,
    { reason, until }: SuspendUser,
    origin: Origin,
  ) => {
    const at = now()
    if (until && until <= at) throw isOver()
    const { id: user_id } = await lock(tx, actor, userId)
    await markSuspended(tx, user_id, { at, until: until ?? null, reason })
    await endSessions(tx, { user_id, reason: 'suspended', now: at })
    await revokeUser(tx, user_id, 'suspended', at)
    const details = { reason, until: until?.toISOString() ?? null }
    await record(tx, actor, { action: 'user.suspended', user_id, details }, origin)
    await addToOutbox(tx, 'mail.account_suspended', { user_id }, origin.requestId)
  }

  return {
    list: ({ q, status, ...query }: ListUsers) =>
      pageById(`users:${status ?? ''}:${q ?? ''}`, query, (before, limit) =>
        listUsers(sql, { q, status, before, limit }, now()),
      ),

    async suspend(actor: Actor, userId: string, suspension: SuspendUser, origin: Origin): Promise<void> {
      await sql.begin((tx) => suspendWithin(tx, actor, userId, suspension, origin))
      await relay.flushSoon()
    },

    /** As a part of something else. */
    suspendWithin,

    unsuspend: (actor: Actor, userId: string, origin: Origin): Promise<void> =>
      sql.begin(async (tx) => {
        const { id: user_id, is_suspended } = await lock(tx, actor, userId)
        if (!is_suspended) return
        await markSuspended(tx, user_id, { at: null, until: null, reason: null })
        await record(tx, actor, { action: 'user.unsuspended', user_id }, origin)
      }),

    async changeRole(actor: Actor, userId: string, role: Actor['role'], origin: Origin): Promise<void> {
      await sql.begin(async (tx) => {
        const { id: user_id, role: old_role } = await lock(tx, actor, userId)
        if (old_role === role) return
        const at = now()
        await markRole(tx, user_id, role, at)
        await revokeUser(tx, user_id, 'role_changed', at)
        const details = { old_role, new_role: role }
        await record(tx, actor, { action: 'user.role_changed', user_id, details }, origin)
        await addToOutbox(tx, 'user.updated', { user_id }, origin.requestId)
      })
      await relay.flushSoon()
    },
  }
}

const isOver = () =>
  new AppError('validation_failed', undefined, {
    errors: [{ pointer: '#/body/until', code: 'too_small', detail: 'This is over already' }],
  })
