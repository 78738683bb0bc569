import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import { addToCount } from '../counts/counts.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import { pageById } from '../http/id-page.ts'
import type { KeepPace } from '../http/pace.ts'
import type { PageQuery } from '../http/route.ts'
import type { OutboxRelay } from '../outbox.ts'
import { mustBeUnblocked, mustStay } from '../relations/standing.ts'
import { createViewers } from '../tracks/viewers.ts'
import { hasVisibleTrack, type Viewer } from '../tracks/visibility.ts'
import type { CommentRow } from './columns.ts'
import { listReplies, listThreads, noPlace, startOf } from './lists-repository.ts'
import { namesIn, withPresentNames } from './mentions.ts'
import {
  findComment,
  findStage,
  insertComment,
  listMentioned,
  lockParent,
  type NewComment,
  type Stage,
} from './repository.ts'
import {
  isNewcomer,
  newcomerPace,
  requireFewLinks,
  requireFewMentions,
  requirePlace,
  trackPace,
} from './rules.ts'
import type { Comment, CreateComment, ListComments } from './schemas.ts'
import { tellOfComment } from './telling.ts'

export interface CommentDependencies {
  readonly sql: Sql
  readonly keepPace: KeepPace
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type CommentService = ReturnType<typeof createCommentService>

const position = z.tuple([z.uuid(), z.int()])

export function createCommentService(dependencies: CommentDependencies) {
  const { sql, keepPace, relay, now = () => new Date() } = dependencies
  const viewerOf = createViewers({ sql, now })

  const find = async (viewer: Viewer, commentId: string): Promise<CommentRow & Comment> => {
    const row = await findComment(sql, commentId, viewer)
    if (!row) throw new AppError('not_found')
    return withPresentNames(row)
  }

  const requirePace = async (actor: Actor, trackId: string, stage: Stage) => {
    if (isNewcomer(stage, now())) await keepPace(`newcomer:${actor.id}`, newcomerPace)
    await keepPace(`comments:${trackId}:${actor.id}`, trackPace)
  }

  const add = async (tx: Db, actor: Actor, stage: Stage, comment: Draft, requestId: string) => {
    const { track_id, parent_id } = comment
    await mustBeUnblocked(tx, actor.id, stage.artist_id)
    await mustStay(tx, actor.id, stage.artist_id)
    const parent = parent_id === undefined ? undefined : await lockParent(tx, parent_id, track_id, actor)
    if (parent_id !== undefined && !parent) throw new AppError('not_found', 'What it answers is not there')
    if (parent) await mustBeUnblocked(tx, actor.id, parent.author_id)
    const row = await insertComment(tx, actor, { ...comment, parent }, now())
    if (!row) throw new AppError('not_found')
    if (!row.is_counted) return row.id
    await addToCount(tx, 'comment_count', track_id, 1)
    if (parent) await addToCount(tx, 'reply_count', parent.thread_id, 1)
    const told = { ...comment, id: row.id, parent, author_id: actor.id, artist_id: stage.artist_id }
    await tellOfComment(tx, told, requestId)
    return row.id
  }

  return {
    /** Whoever holds a secret link of the track sends its token along, here and to the lists. */
    get: async (actor: Actor | undefined, commentId: string, shareToken?: string) =>
      find(await viewerOf(actor, shareToken), commentId),

    async create(actor: Actor, track_id: string, { parent_id, ...given }: CreateComment, requestId: string) {
      const { body, timestamp_ms } = given
      const stage = await findStage(sql, track_id, actor)
      if (!stage) throw new AppError('not_found')
      if (!stage.may_comment) throw new AppError('forbidden')
      requirePlace(stage, timestamp_ms)
      if (isNewcomer(stage, now())) requireFewLinks(body)
      const names = namesIn(body)
      const mentioned = names.length === 0 ? [] : await listMentioned(sql, track_id, actor.id, names)
      requireFewMentions(mentioned)
      await requirePace(actor, track_id, stage)
      const draft = { track_id, version_id: stage.version_id, body, mentioned, timestamp_ms, parent_id }
      const id = await sql.begin((tx) => add(tx, actor, stage, draft, requestId))
      await relay.flushSoon()
      return find(actor, id)
    },

    /** The comments that began a thread; the pinned one comes first in any order. */
    async list(actor: Actor | undefined, trackId: string, query: ListComments, shareToken?: string) {
      const { limit, cursor, sort } = query
      const viewer = await viewerOf(actor, shareToken)
      const scope = `comments:${trackId}:${sort}`
      const [id, place] = cursor === undefined ? [] : decodeCursor(scope, cursor, position)
      const after = id === undefined || place === undefined ? startOf[sort] : { id, place }
      const found = listThreads(sql, trackId, viewer, {
        sort,
        after,
        isFirst: cursor === undefined,
        limit: limit + 1,
      })
      // Sent together with the other, which most often is not asked in vain.
      const [isThere, rows] = await Promise.all([hasVisibleTrack(sql, viewer, trackId), found])
      if (!isThere) throw new AppError('not_found')
      return toPage(rows.map(withPresentNames), limit, (last) => {
        const at = last.is_pinned ? startOf[sort] : { id: last.id, place: last.timestamp_ms ?? noPlace }
        return encodeCursor(scope, [at.id, at.place])
      })
    },

    /** Asked for below an answer, there are none: they all hang below the first comment of the thread. */
    async listReplies(actor: Actor | undefined, commentId: string, query: PageQuery, shareToken?: string) {
      return pageById(`replies:${commentId}`, query, async (after = commentId, limit) => {
        const viewer = await viewerOf(actor, shareToken)
        await find(viewer, commentId)
        const rows = await listReplies(sql, commentId, viewer, { after, limit })
        return rows.map(withPresentNames)
      })
    },
  }
}

type Draft = Omit<NewComment, 'parent'> & { readonly parent_id: string | undefined }
