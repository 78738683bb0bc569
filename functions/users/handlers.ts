import type { ExportService } from '../../lib/exports/service.ts'
import { etagOf, etagOfShown, matching } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { ImageService } from '../../lib/images/service.ts'
import type { PlaylistService } from '../../lib/playlists/service.ts'
import type { NewestTracks } from '../../lib/tracks/newest.ts'
import type { QuotaService } from '../../lib/uploads/quotas.ts'
import type { DeletionService } from '../../lib/users/deletion.ts'
import type { UserService } from '../../lib/users/service.ts'
import { replyImageUpload } from '../image-reply.ts'
import { createHistoryHandlers, type HistoryServices } from './history-handlers.ts'
import { orMoved } from './moved.ts'
import { createPeopleHandlers, type PeopleServices } from './people-handlers.ts'
import { createQuotaHandlers } from './quota-handlers.ts'
import type { userRoutes } from './routes.ts'

export interface UserServices extends PeopleServices, HistoryServices {
  readonly users: UserService
  readonly tracks: NewestTracks
  readonly playlists: Pick<PlaylistService, 'listOf'>
  readonly deletions: DeletionService
  readonly exports: ExportService
  readonly avatars: ImageService
  readonly quotas: QuotaService
}

export function createUserHandlers(services: UserServices): Handlers<typeof userRoutes> {
  const { users, tracks, playlists, deletions, exports, avatars, quotas } = services
  return {
    getOwnUser: async ({ actor }) => reply(await users.get(actor.id)),
    updateOwnUser: async ({ actor, body, headers, ...origin }) =>
      reply(await users.update(actor, body, origin, matching(headers))),
    deleteOwnUser: ({ actor, body, headers, ...origin }) =>
      deletions.request(actor, body.password, origin, matching(headers)),
    restoreOwnUser: async ({ actor, ...origin }) => reply(await deletions.restore(actor, origin)),
    requestExport: ({ actor, ...origin }) => exports.request(actor, origin),
    getExport: async ({ actor, params }) =>
      new Reply(await exports.get(actor, params.export_id), { headers: { 'cache-control': 'no-store' } }),
    getOwnSettings: async ({ actor }) => reply(await users.getSettings(actor.id)),
    updateOwnSettings: async ({ actor, body, headers }) =>
      reply(await users.updateSettings(actor.id, body, matching(headers))),
    requestAvatar: ({ actor, body }) => avatars.grant(actor, actor.id, body),
    getAvatarUpload: async ({ actor, params }) =>
      replyImageUpload(await avatars.get(actor, actor.id, params.avatar_upload_id)),
    deleteAvatar: async ({ actor, headers }) => {
      await avatars.remove(actor, actor.id, matching(headers))
      return undefined
    },
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
    listUserPlaylists: async ({ actor, params, query }) =>
      orMoved(
        await users.findByName(actor, params.username),
        '/playlists',
        ({ id }) => playlists.listOf(actor, id, query),
        query,
      ),
    ...createPeopleHandlers(services),
    ...createHistoryHandlers(services),
    ...createQuotaHandlers(quotas),
  }
}

const reply = <T extends { readonly revision: number }>(row: T) => new Reply(row, { etag: etagOf(row) })
