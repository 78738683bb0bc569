import type { peopleRoutes } from '../../functions/users/people-routes.ts'
import { userRoutes } from '../../functions/users/routes.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createAccountsApi } from './accounts.ts'
import type { CallOptions } from './api.ts'

type Deed = 'followUser' | 'unfollowUser' | 'blockUser' | 'unblockUser' | 'muteUser' | 'unmuteUser'
type Query = Readonly<Record<string, string | number>>
type List = 'listFollowers' | 'listFollowing' | 'listUserLikes'

/** People who follow, block and mute each other by the routes. */
export function createPeople(sql: Sql, api = createAccountsApi(sql)) {
  async function enter() {
    const { access_token: token, id, username } = await api.signIn()
    const call = <N extends keyof typeof peopleRoutes | 'getUser'>(name: N, options: CallOptions = {}) =>
      api.request(userRoutes[name], { token, ...options })
    return {
      id,
      username,
      token,
      call,
      does: (deed: Deed, other: { username: string }) => call(deed, { params: { username: other.username } }),
      sees: (other: { username: string }) => call('getUser', { params: { username: other.username } }),
      lists: <N extends List>(list: N, other: { username: string }, query: Query = {}) =>
        call(list, { params: { username: other.username }, query }),
    }
  }
  /** One after the other: they share a clock, and their mails a queue. */
  async function enterMany(count: number) {
    const all: Awaited<ReturnType<typeof enter>>[] = []
    for (let at = 0; at < count; at++) all.push(await enter())
    return all
  }
  const asGuest = <N extends List | 'getUser'>(
    name: N,
    { username }: { username: string },
    query: Query = {},
  ) => api.request(userRoutes[name], { params: { username }, query })

  return { ...api, enter, enterMany, asGuest }
}

export type Somebody = Awaited<ReturnType<ReturnType<typeof createPeople>['enter']>>

/** A track that anybody may find. */
export async function addPublicTrack(sql: Sql, ownerId: string, fields: Record<string, unknown> = {}) {
  const row = { title: 'Low Tide', visibility: 'public', status: 'ready', ...fields }
  const [track] = await sql<[{ id: string }]>`
    insert into tracks ${sql({ owner_id: ownerId, rights_confirmed_at: new Date(), ...row })} returning id
  `
  return track.id
}

/** A like, and its count, as the route of the tracks writes them. */
export async function addLike(sql: Sql, userId: string, trackId: string) {
  await sql`insert into track_likes ${sql({ user_id: userId, track_id: trackId })}`
  await sql`insert into count_deltas ${sql({ subject_id: trackId, counter: 'like_count', delta: 1 })}`
}
