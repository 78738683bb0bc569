import { etagOfShown, requireMatch } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { Playlist } from '../../lib/playlists/schemas.ts'
import type { PlaylistService } from '../../lib/playlists/service.ts'
import type { ownRoutes } from './own-routes.ts'

export function createPlaylistHandlers(playlists: PlaylistService): Handlers<typeof ownRoutes> {
  return {
    createPlaylist: async ({ actor, body }) => reply(await playlists.create(actor, body)),
    listPlaylists: ({ actor, query }) => playlists.list(actor, query),
    getPlaylist: async ({ actor, params }) => reply(await playlists.get(actor, params.playlist_id)),
    updatePlaylist: async ({ actor, params, body, headers }) =>
      reply(await playlists.update(actor, params.playlist_id, body, (row) => requireMatch(headers, row))),
    deletePlaylist: async ({ actor, params, headers }) => {
      await playlists.remove(actor, params.playlist_id, (row) => requireMatch(headers, row))
      return undefined
    },
  }
}

export const reply = (playlist: Playlist) => new Reply(playlist, { etag: etagOfShown(playlist) })
