import type { Actor } from '../../lib/auth/actor.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { RelationLists } from '../../lib/relations/lists.ts'
import type { RelationService } from '../../lib/relations/service.ts'
import type { LikeLists } from '../../lib/users/likes.ts'
import type { NamedUser } from '../../lib/users/schemas.ts'
import type { UserSearch } from '../../lib/users/search.ts'
import type { UserService } from '../../lib/users/service.ts'
import { orMoved } from './moved.ts'
import type { peopleRoutes } from './people-routes.ts'

export interface PeopleServices {
  readonly users: Pick<UserService, 'findByName' | 'findToUndo'>
  readonly relations: RelationService
  readonly relationLists: RelationLists
  readonly likes: LikeLists
  readonly search: UserSearch
}

type Find = UserService['findToUndo']
type Act = (actor: Actor, userId: string) => Promise<void>

interface Deed {
  readonly actor: Actor
  readonly params: { readonly username: string }
}

export function createPeopleHandlers(services: PeopleServices): Handlers<typeof peopleRoutes> {
  const { users, relations, relationLists, likes, search } = services

  const to = (find: Find, rest: string, act: Act) => {
    return async ({ actor, params }: Deed) =>
      orMoved(await find(actor, params.username), rest, async ({ id }) => {
        await act(actor, id)
        return undefined
      })
  }
  const lists = <Q extends object, P>(
    rest: string,
    list: (actor: Actor | undefined, user: NamedUser, query: Q) => Promise<P>,
  ) => {
    return async ({ actor, params, query }: Omit<Deed, 'actor'> & { actor: Actor | undefined; query: Q }) =>
      orMoved(await users.findByName(actor, params.username), rest, (user) => list(actor, user, query), query)
  }

  return {
    searchUsers: ({ actor, query }) => search(actor, query),
    followUser: to(users.findByName, '/follow', relations.follow),
    unfollowUser: to(users.findToUndo, '/follow', relations.unfollow),
    blockUser: to(users.findByName, '/block', relations.block),
    unblockUser: to(users.findToUndo, '/block', relations.unblock),
    muteUser: to(users.findByName, '/mute', relations.mute),
    unmuteUser: to(users.findToUndo, '/mute', relations.unmute),
    listFollowers: lists('/followers', relationLists.followers),
    listFollowing: lists('/following', relationLists.following),
    listUserLikes: lists('/likes', likes.of),
    listOwnLikes: ({ actor, query }) => likes.own(actor, query),
    listOwnBlocks: ({ actor, query }) => relationLists.blocked(actor, query),
    listOwnMutes: ({ actor, query }) => relationLists.muted(actor, query),
  }
}
