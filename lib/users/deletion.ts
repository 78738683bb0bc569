import { randomBytes } from 'node:crypto'
import { refuseLastAdmin } from '../admin/last-admin.ts'
import { byOwner, type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { OwnPassword } from '../auth/own-password.ts'
import { endCollaborationsOf, lockAllTracksOf } from '../collaboration/ending.ts'
import { endComments } from '../comments/ending.ts'
import type { Db, Sql } from '../db/client.ts'
import { endDiscountsOf } from '../discounts/leaving.ts'
import { AppError } from '../errors.ts'
import { endExports } from '../exports/expiry.ts'
import type { Confirm } from '../http/etag.ts'
import { forgetAddressOf } from '../mail-feedback/standing.ts'
import { endReports } from '../moderation/ending.ts'
import { addNotice } from '../notices/notices.ts'
import { removeNotificationsOf } from '../notifications/expiry.ts'
import { endOffersOf } from '../offers/leaving.ts'
import { hurryOrdersOf } from '../orders/leaving.ts'
import type { OutboxRelay } from '../outbox.ts'
import { endPlaylistsOf } from '../playlists/ties.ts'
import { endProductsOf } from '../products/leaving.ts'
import { endEventsOf } from '../public-events/expiry.ts'
import { endRelations } from '../relations/service.ts'
import { revokeUser } from '../revocations/revoking.ts'
import { anonymizeSeller } from '../sellers/leaving.ts'
import { endSessions } from '../sessions/ending.ts'
import { dayMs, later } from '../time.ts'
import { endTracksOf } from '../tracks/deletion-service.ts'
import { endWebhooksOf } from '../webhooks/endpoints/leaving.ts'
import {
  anonymizeHolds,
  buryUser,
  deleteBelongings,
  lockDueAccount,
  markDeletionRequested,
  markRestored,
} from './deletion-repository.ts'
import { findUser, lockUser, type UserRow } from './repository.ts'
import { holdUsername } from './username-repository.ts'

/** How long a deletion can be taken back, and how long after it nobody can pass for the user by their name. */
const graceMs = 30 * dayMs
const holdMs = 30 * dayMs

export interface DeletionDependencies {
  readonly sql: Sql
  readonly ownPassword: Pick<OwnPassword, 'require'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type DeletionService = ReturnType<typeof createDeletionService>

/** Asking for the end of one's account, and thinking better of it. */
export function createDeletionService(dependencies: DeletionDependencies) {
  const { sql, ownPassword, relay, now = () => new Date() } = dependencies

  return {
    /** Asked for again, it stays with the day that was set first. `confirm` sees the present row and may throw. */
    async request(actor: Actor, password: string, origin: Origin, confirm: Confirm) {
      const action = 'account.deletion_requested'
      await ownPassword.require(actor, password, action, origin)
      const deletes_at = await sql.begin(async (tx) => {
        const at = now()
        if (actor.role === 'admin') await refuseLastAdmin(tx, actor.id, at)
        const user = await lockUser(tx, actor.id)
        if (!user) throw new AppError('not_found')
        confirm(user)
        if (user.deletes_at) return user.deletes_at
        const due = later(at, graceMs)
        await markDeletionRequested(tx, actor.id, due, at)
        await endOthers(tx, actor, at)
        await recordAudit(tx, { action, ...byOwner(actor) }, origin, at)
        const { id: user_id, session_id } = actor
        await addNotice(tx, { user_id, kind: 'deletion_requested', session_id }, origin, at)
        return due
      })
      await relay.flushSoon()
      return { deletes_at }
    },

    async restore(actor: Actor, origin: Origin): Promise<UserRow> {
      await sql.begin(async (tx) => {
        const isRestored = await markRestored(tx, actor.id, now())
        if (isRestored)
          await recordAudit(tx, { action: 'account.restored', ...byOwner(actor) }, origin, now())
      })
      const user = await findUser(sql, actor.id)
      if (!user) throw new AppError('not_found')
      return user
    },
  }
}

const endOthers = (tx: Db, { id, session_id }: Actor, now: Date) =>
  endSessions(tx, { user_id: id, except: session_id, reason: 'deletion_requested', now })

/**
 * Turns accounts whose days of grace are over into tombstones, one a call; answers how many it did. All of an
 * account is one transaction: after a crash it is due as before.
 */
export const buryDueAccount = (sql: Sql, now: Date): Promise<number> =>
  sql.begin(async (tx) => {
    const account = await lockDueAccount(tx, now)
    if (!account) return 0
    const { id, username } = account
    await lockAllTracksOf(tx, id)
    await endExports(tx, id, now)
    await endTracksOf(tx, id, now)
    await endProductsOf(tx, id, now)
    await hurryOrdersOf(tx, id, now)
    await endDiscountsOf(tx, id, now)
    await endOffersOf(tx, id, now)
    await anonymizeSeller(tx, id, now)
    await endComments(tx, id, now)
    await endReports(tx, id)
    await endPlaylistsOf(tx, id)
    await endRelations(tx, id)
    await endCollaborationsOf(tx, id, now)
    await revokeUser(tx, id, 'deleted', now)
    await deleteBelongings(tx, id)
    await removeNotificationsOf(tx, id)
    await endWebhooksOf(tx, id, now)
    await endEventsOf(tx, id, now)
    await forgetAddressOf(tx, id)
    await anonymizeHolds(tx, id)
    await buryUser(tx, { id, ...tombstoneNames(id) }, now)
    await holdUsername(tx, username, null, later(now, holdMs))
    await recordAudit(tx, { action: 'account.deleted', user_id: id }, byTheClock, now)
    return 1
  })

const byTheClock: Origin = { ip: '', userAgent: '', requestId: 'delete-accounts' }

/** Nobody can guess the name and take it first; the address is none that can be registered, or mailed (RFC 2606). */
const tombstoneNames = (id: string) => ({
  username: `deleted_${randomBytes(8).toString('hex')}`,
  email: `${id}@invalid`,
})
