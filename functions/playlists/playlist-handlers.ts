import { matching } from '../../lib/http/etag.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { PlaylistService } from '../../lib/playlists/service.ts'
import { replyShown } from '../row-reply.ts'
import type { wholeRoutes } from './playlist-routes.ts'

export function createPlaylistHandlers(playlists: PlaylistService): Handlers<typeof wholeRoutes> {
  return {
    createPlaylist: async ({ actor, body }) => replyShown(await playlists.create(actor, body)),
    listPlaylists: ({ actor, query }) => playlists.list(actor, query),
    getPlaylist: async ({ actor, params }) => replyShown(await playlists.get(actor, params.playlist_id)),
    updatePlaylist: async ({ actor, params, body, headers }) =>
      replyShown(await playlists.update(actor, params.playlist_id, body, matching(headers))),
    deletePlaylist: async ({ actor, params, headers }) => {
      await playlists.remove(actor, params.playlist_id, matching(headers))
      return undefined
    },
  }
}
