import type { Handlers } from '../../lib/http/route.ts'
import type { WithdrawnService } from '../../lib/media/withdrawal/withdrawn-service.ts'
import type { versionRoutes } from './version-routes.ts'

export const createVersionHandlers = (versions: WithdrawnService): Handlers<typeof versionRoutes> => ({
  listWithdrawnVersions: ({ query }) => versions.list(query),
  reinstateVersion: ({ actor, params, ...origin }) => versions.reinstate(actor, params.version_id, origin),
  readDefinitions: () => versions.definitions(),
})
