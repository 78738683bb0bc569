import type { Actor } from '../auth/actor.ts'
import type { Db, Fragment, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import { isListed, isVisible, type Viewer } from '../tracks/visibility.ts'
import { listLikedTracks } from './likes-repository.ts'
import type { NamedUser } from './schemas.ts'

export type LikeLists = ReturnType<typeof createLikeLists>

/** The tracks that somebody likes. */
export function createLikeLists({ sql }: { readonly sql: Sql }) {
  const list = (
    user_id: string,
    actor: Actor | undefined,
    isAllowed: (db: Db, viewer: Viewer) => Fragment,
    query: PageQuery,
  ) =>
    pageById(
      `likes:${user_id}`,
      query,
      (before, limit) => listLikedTracks(sql, { id: actor?.id }, { user_id, isAllowed, before, limit }),
      'like_id',
    )

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
