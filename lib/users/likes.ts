import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Db, Fragment, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import type { PageQuery } from '../http/route.ts'
import { isListed, isVisible, type Viewer } from '../tracks/visibility.ts'
import { listLikedTracks } from './likes-repository.ts'
import type { NamedUser } from './schemas.ts'

export type LikeLists = ReturnType<typeof createLikeLists>

const cursorValues = z.tuple([z.uuid()])

/** The tracks that somebody likes. */
export function createLikeLists({ sql }: { readonly sql: Sql }) {
  async function list(
    userId: string,
    actor: Actor | undefined,
    isAllowed: (db: Db, viewer: Viewer) => Fragment,
    { limit, cursor }: PageQuery,
  ) {
    const scope = `likes:${userId}`
    const [before] = cursor === undefined ? [] : decodeCursor(scope, cursor, cursorValues)
    const filter = { user_id: userId, isAllowed, before, limit: limit + 1 }
    const rows = await listLikedTracks(sql, { id: actor?.id }, filter)
    return toPage(rows, limit, ({ like_id }) => encodeCursor(scope, [like_id]))
  }

  return {
    /** Whatever they can still see. */
    own: (actor: Actor, query: PageQuery) => list(actor.id, actor, isVisible, query),

    /** Where the user shows it, and of that what anybody may come upon: a like gives no link away. */
    async of(actor: Actor | undefined, user: NamedUser, query: PageQuery) {
      const isOwn = user.id === actor?.id
      if (!isOwn && (user.is_private || !user.show_likes)) throw new AppError('not_found')
      return list(user.id, actor, isOwn ? isVisible : isListed, query)
    },
  }
}
