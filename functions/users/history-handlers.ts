import type { Handlers } from '../../lib/http/route.ts'
import type { HistoryService } from '../../lib/plays/history-service.ts'
import type { TrackDeletionService } from '../../lib/tracks/deletion-service.ts'
import type { UserService } from '../../lib/users/service.ts'
import type { historyRoutes } from './history-routes.ts'
import { orMoved } from './moved.ts'

export interface HistoryServices {
  readonly users: Pick<UserService, 'findByName'>
  readonly trackDeletions: Pick<TrackDeletionService, 'list'>
  readonly history: HistoryService
}

export function createHistoryHandlers(services: HistoryServices): Handlers<typeof historyRoutes> {
  const { users, trackDeletions, history } = services
  return {
    listDeletedTracks: ({ actor, query }) => trackDeletions.list(actor, query),
    getOwnHistory: ({ actor, query }) => history.listOwn(actor, query),
    deleteOwnHistory: async ({ actor }) => {
      await history.forget(actor)
      return undefined
    },
    listUserHistory: async ({ actor, params, query }) =>
      orMoved(
        await users.findByName(actor, params.username),
        '/history',
        (user) => history.listOf(actor, user, query),
        query,
      ),
  }
}
