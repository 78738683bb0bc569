import { collaboratorRoutes } from './collaborator-routes.ts'
import { coverRoutes } from './cover-routes.ts'
import { inviteRoutes } from './invite-routes.ts'
import { itemRoutes } from './item-routes.ts'
import { wholeRoutes } from './playlist-routes.ts'
import { reactionRoutes } from './reaction-routes.ts'

export const playlistRoutes = {
  ...wholeRoutes,
  ...coverRoutes,
  ...itemRoutes,
  ...collaboratorRoutes,
  ...inviteRoutes,
  ...reactionRoutes,
}
