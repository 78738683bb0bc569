import { etagOf, requireMatch } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { TrackService } from '../../lib/tracks/service.ts'
import type { UserRow } from '../../lib/users/repository.ts'
import type { UserService } from '../../lib/users/service.ts'
import type { userRoutes } from './routes.ts'

export interface UserServices {
  readonly users: UserService
  readonly tracks: Pick<TrackService, 'list'>
}

export function createUserHandlers({ users, tracks }: UserServices): Handlers<typeof userRoutes> {
  return {
    getOwnUser: async ({ actor }) => reply(await users.get(actor.id)),
    updateOwnUser: async ({ actor, body, headers }) =>
      reply(await users.update(actor.id, body, (row) => requireMatch(headers, row))),
    listUserTracks: async ({ actor, params, query }) => {
      await users.requireByName(params.username)
      return tracks.list(actor, { ...query, artist: params.username })
    },
  }
}

const reply = (user: UserRow) => new Reply(user, { etag: etagOf(user) })
