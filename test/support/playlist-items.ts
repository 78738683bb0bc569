import { playlistRoutes as routes } from '../../functions/playlists/routes.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import type { PlaylistsApi } from './playlists.ts'

/** Calls about the items of one playlist. */
export function itemsOf(request: PlaylistsApi, playlist_id: string, owner: Actor) {
  const params = { playlist_id }
  return {
    get: async (actor: Actor = owner) => (await request(routes.getPlaylist, { actor, params })).body,
    list: (query: Record<string, string | number> = {}, actor: Actor | undefined = owner) =>
      request(routes.listPlaylistItems, { actor, params, query }),
    add: (track_id: string, body: object = {}, actor: Actor = owner, headers = {}) =>
      request(routes.addPlaylistItem, { actor, params, body: { track_id, ...body }, headers }),
    move: (item_id: string, after: string | null, actor: Actor = owner, headers = {}) =>
      request(routes.movePlaylistItem, { actor, params: { ...params, item_id }, body: { after }, headers }),
    remove: (item_id: string, actor: Actor = owner, headers = {}) =>
      request(routes.removePlaylistItem, { actor, params: { ...params, item_id }, headers }),
    replace: (track_ids: readonly unknown[], ifMatch: string | undefined, actor: Actor = owner) =>
      request(routes.replacePlaylistItems, {
        actor,
        params,
        body: { track_ids },
        headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
      }),
  }
}

export type ItemCalls = ReturnType<typeof itemsOf>

/** All items as the actor sees them, walked page by page. */
export async function walk({ list }: ItemCalls, limit = 100, actor?: Actor) {
  const items: Awaited<ReturnType<ItemCalls['list']>>['body']['data'] = []
  let cursor: string | null = null
  do {
    const { body }: Awaited<ReturnType<ItemCalls['list']>> = await list(
      { limit, ...(cursor !== null && { cursor }) },
      actor,
    )
    items.push(...body.data)
    cursor = body.next_cursor
  } while (cursor !== null)
  return items
}

export const join = (sql: Sql, playlist_id: string, user: Actor, role: 'editor' | 'viewer') =>
  sql`insert into playlist_collaborators ${sql({ playlist_id, user_id: user.id, role })}`
