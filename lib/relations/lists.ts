import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import type { NamedUser } from '../users/schemas.ts'
import {
  listBlocked,
  listFollowers,
  listFollowing,
  listMuted,
  listMutualFollowers,
  type Place,
  type PlacedPerson,
} from './lists-repository.ts'
import type { ListFollowers } from './schemas.ts'

export type RelationLists = ReturnType<typeof createRelationLists>

/** Who follows whom, and whom one has shut out; newest first. */
export function createRelationLists({ sql }: { readonly sql: Sql }) {
  return {
    async followers(actor: Actor | undefined, user: NamedUser, { mutual, ...query }: ListFollowers) {
      mustShowLists(actor, user)
      if (!mutual) {
        return toPeople(`followers:${user.id}`, actor, query, (place) => listFollowers(sql, user.id, place))
      }
      if (!actor) throw new AppError('unauthenticated')
      const scope = `mutual_followers:${user.id}:${actor.id}`
      return toPeople(scope, actor, query, (place) => listMutualFollowers(sql, user.id, place))
    },

    async following(actor: Actor | undefined, user: NamedUser, query: PageQuery) {
      mustShowLists(actor, user)
      return toPeople(`following:${user.id}`, actor, query, (place) => listFollowing(sql, user.id, place))
    },

    blocked: (actor: Actor, query: PageQuery) =>
      toPeople(`blocks:${actor.id}`, actor, query, (place) => listBlocked(sql, actor.id, place)),

    muted: (actor: Actor, query: PageQuery) =>
      toPeople(`mutes:${actor.id}`, actor, query, (place) => listMuted(sql, actor.id, place)),
  }
}

/** Whom somebody with a private profile follows, and who follows them, is their own affair. */
function mustShowLists(actor: Actor | undefined, { id, is_private }: NamedUser) {
  if (is_private && id !== actor?.id) throw new AppError('not_found')
}

const toPeople = (
  scope: string,
  actor: Actor | undefined,
  query: PageQuery,
  list: (place: Place) => Promise<PlacedPerson[]>,
) => pageById(scope, query, (before, limit) => list({ viewer_id: actor?.id, before, limit }), 'relation_id')
