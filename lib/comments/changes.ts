import { type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import { permissionsOf } from '../auth/permissions.ts'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import { mustBeUnblocked } from '../relations/standing.ts'
import { later } from '../time.ts'
import {
  findOwnComment,
  findRemovable,
  insertEdit,
  markEdited,
  type OwnComment,
  type Removable,
} from './changes-repository.ts'
import { namesIn } from './mentions.ts'
import { removeComment } from './removal.ts'
import { listMentioned, type Mentioned } from './repository.ts'
import { deletionPace, editGraceMs, editWindowMs, requireFewMentions } from './rules.ts'
import type { CommentDependencies } from './service.ts'
import { tellMentioned } from './telling.ts'

export type CommentChanges = ReturnType<typeof createCommentChanges>

export function createCommentChanges(dependencies: CommentDependencies) {
  const { sql, keepPace, relay, now = () => new Date() } = dependencies

  const edit = async (tx: Db, comment: OwnComment, body: string, requestId: string) => {
    const at = now()
    const { id, track_id, author_id, mentioned_ids } = comment
    const mentioned = await findMentioned(tx, comment, body)
    await insertEdit(tx, comment, at)
    const edited_at = at > later(comment.created_at, editGraceMs) ? at : null
    await markEdited(tx, id, { body, mentioned, edited_at })
    const added = mentioned.filter((one) => !mentioned_ids.includes(one.id))
    if (comment.is_counted) await tellMentioned(tx, { id, track_id, author_id, mentioned: added }, requestId)
  }

  return {
    update: async (actor: Actor, commentId: string, body: string, requestId: string, confirm: Confirm) => {
      await sql.begin(async (tx) => {
        const comment = await lockOwn(tx, actor, commentId)
        confirm(comment)
        if (now() > later(comment.created_at, editWindowMs)) throw new AppError('edit_window_over')
        if (body !== comment.body) await edit(tx, comment, body, requestId)
      })
      await relay.flushSoon()
    },

    /** By its author, by the artist whose track it is on, or by a moderator. */
    remove: async (actor: Actor, commentId: string, origin: Origin, confirm: Confirm) => {
      const found = await findRemovable(sql, commentId, actor)
      if (found?.author_id === actor.id) await keepPace(`deletions:${actor.id}`, deletionPace)
      await sql.begin(async (tx) => {
        const comment = await findRemovable(tx, commentId, actor, { isLocked: true })
        if (!comment) throw new AppError('not_found')
        const isModerated = isModeratedBy(actor, comment)
        confirm(comment)
        await removeComment(tx, commentId, now())
        if (!isModerated) return
        const { id: actor_id, session_id } = actor
        const target = `comment:${commentId}`
        const entry = {
          action: 'comment.removed',
          actor_id,
          session_id,
          user_id: comment.author_id,
          target,
        } as const
        await recordAudit(tx, entry, origin, now())
      })
    },
  }
}

/** What stands between the two is held before the comment, as whoever blocks or mutes does. */
async function lockOwn(tx: Db, actor: Actor, commentId: string): Promise<OwnComment> {
  const found = await findOwnComment(tx, commentId, actor)
  if (!found) throw new AppError('not_found')
  await mustBeUnblocked(tx, actor.id, found.artist_id)
  const comment = await findOwnComment(tx, commentId, actor, { isLocked: true })
  if (!comment) throw new AppError('not_found')
  return comment
}

/** Refuses whom it does not concern. */
function isModeratedBy({ id, role }: Actor, { author_id, artist_id }: Removable): boolean {
  if (id === author_id || id === artist_id) return false
  if (permissionsOf[role].has('moderation')) return true
  throw new AppError('forbidden')
}

async function findMentioned(
  tx: Db,
  { track_id, author_id }: OwnComment,
  body: string,
): Promise<readonly Mentioned[]> {
  const names = namesIn(body)
  const mentioned = names.length === 0 ? [] : await listMentioned(tx, track_id, author_id, names)
  requireFewMentions(mentioned)
  return mentioned
}
