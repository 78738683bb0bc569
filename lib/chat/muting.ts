import { type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { revokeChat } from '../revocations/revoking.ts'
import { deleteMute, lockTarget, upsertMute } from './repository.ts'
import type { MuteUser } from './schemas.ts'

export interface MutingDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type MutingService = ReturnType<typeof createMutingService>

/** Who may not speak in the chat. Moderators decide it for users and creators, admins for everybody but themselves. */
export function createMutingService({ sql, now = () => new Date() }: MutingDependencies) {
  return {
    mute: (actor: Actor, user_id: string, { reason, until }: MuteUser, origin: Origin): Promise<void> =>
      sql.begin(async (tx) => {
        const at = now()
        if (until && until <= at) throw isOver()
        await lockLesser(tx, actor, user_id)
        const muted_until = until ?? null
        await upsertMute(tx, { user_id, muted_by: actor.id, reason, muted_at: at, muted_until })
        await revokeChat(tx, user_id, 'chat_muted', at)
        const details = { reason, until: until?.toISOString() ?? null }
        const { id: actor_id, session_id } = actor
        await recordAudit(tx, { action: 'chat.muted', actor_id, session_id, user_id, details }, origin, at)
      }),

    unmute: (actor: Actor, user_id: string, origin: Origin): Promise<void> =>
      sql.begin(async (tx) => {
        const at = now()
        await lockLesser(tx, actor, user_id)
        if (!(await deleteMute(tx, user_id, at))) return
        const { id: actor_id, session_id } = actor
        await recordAudit(tx, { action: 'chat.unmuted', actor_id, session_id, user_id }, origin, at)
      }),
  }
}

async function lockLesser(tx: Db, actor: Actor, userId: string): Promise<void> {
  if (userId === actor.id) throw new AppError('own_account')
  const target = await lockTarget(tx, userId)
  if (!target) throw new AppError('not_found')
  const isLesser = target.role === 'user' || target.role === 'creator'
  if (!isLesser && actor.role !== 'admin') throw new AppError('forbidden', 'This is for an admin to decide')
}

const isOver = () =>
  new AppError('validation_failed', undefined, {
    errors: [{ pointer: '#/body/until', code: 'too_small', detail: 'This is over already' }],
  })
