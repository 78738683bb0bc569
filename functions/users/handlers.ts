import type { ExportService } from '../../lib/exports/service.ts'
import { etagOf, etagOfShown, requireMatch } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { HistoryService } from '../../lib/plays/history-service.ts'
import type { TrackDeletionService } from '../../lib/tracks/deletion-service.ts'
import type { TrackService } from '../../lib/tracks/service.ts'
import type { DeletionService } from '../../lib/users/deletion.ts'
import type { UserService } from '../../lib/users/service.ts'
import { orMoved } from './moved.ts'
import { createPeopleHandlers, type PeopleServices } from './people-handlers.ts'
import type { userRoutes } from './routes.ts'

export interface UserServices extends PeopleServices {
  readonly users: UserService
  readonly tracks: Pick<TrackService, 'list'>
  readonly trackDeletions: Pick<TrackDeletionService, 'list'>
  readonly history: HistoryService
  readonly deletions: DeletionService
  readonly exports: ExportService
}

export function createUserHandlers(services: UserServices): Handlers<typeof userRoutes> {
  const { users, tracks, trackDeletions, history, deletions, exports } = services
  return {
    getOwnUser: async ({ actor }) => reply(await users.get(actor.id)),
    updateOwnUser: async ({ actor, body, headers, ...origin }) =>
      reply(await users.update(actor, body, origin, (row) => requireMatch(headers, row))),
    deleteOwnUser: ({ actor, body, headers, ...origin }) =>
      deletions.request(actor, body.password, origin, (row) => requireMatch(headers, row)),
    restoreOwnUser: async ({ actor, ...origin }) => reply(await deletions.restore(actor, origin)),
    requestExport: ({ actor, ...origin }) => exports.request(actor, origin),
    getExport: async ({ actor, params }) =>
      new Reply(await exports.get(actor, params.export_id), { headers: { 'cache-control': 'no-store' } }),
    getOwnSettings: async ({ actor }) => reply(await users.getSettings(actor.id)),
    updateOwnSettings: async ({ actor, body, headers }) =>
      reply(await users.updateSettings(actor.id, body, (row) => requireMatch(headers, row))),
    getOwnCompletion: ({ actor }) => users.getCompletion(actor.id),
    getUser: async ({ actor, params }) =>
      orMoved(
        await users.getProfile(actor, params.username),
        '',
        (row) => new Reply(row, { etag: etagOfShown(row) }),
      ),
    listUserTracks: async ({ actor, params, query }) =>
      orMoved(
        await users.findByName(actor, params.username),
        '/tracks',
        () => tracks.list(actor, { ...query, artist: params.username }),
        query,
      ),
    ...createPeopleHandlers(services),
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
        ({ id }) => history.listOf(actor, id, query),
        query,
      ),
  }
}

const reply = <T extends { readonly revision: number }>(row: T) => new Reply(row, { etag: etagOf(row) })
