import type { Handlers } from '../../lib/http/route.ts'
import type { CollaboratorService } from '../../lib/playlists/collaborators-service.ts'
import type { collaboratorRoutes } from './collaborator-routes.ts'

export function createCollaboratorHandlers(
  collaborators: CollaboratorService,
): Handlers<typeof collaboratorRoutes> {
  return {
    listPlaylistCollaborators: ({ actor, params, query }) =>
      collaborators.list(actor, params.playlist_id, query),
    putPlaylistCollaborator: async ({ actor, params, body }) => {
      await collaborators.put(actor, params.playlist_id, params.user_id, body.role)
      return undefined
    },
    removePlaylistCollaborator: async ({ actor, params }) => {
      await collaborators.remove(actor, params.playlist_id, params.user_id)
      return undefined
    },
  }
}
