import { artworkRoutes } from './artwork-routes.ts'
import { collaborationRoutes } from './collaboration-routes.ts'
import { downloadRoutes } from './download-routes.ts'
import { trackRoutes } from './routes.ts'
import { soundRoutes } from './sound-routes.ts'
import { versionRoutes } from './version-routes.ts'

/** All that this function serves. */
export const allTrackRoutes = {
  ...trackRoutes,
  ...versionRoutes,
  ...collaborationRoutes,
  ...artworkRoutes,
  ...downloadRoutes,
  ...soundRoutes,
}
