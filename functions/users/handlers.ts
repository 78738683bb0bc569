import { etagOf, requireMatch } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { UserRow } from '../../lib/users/repository.ts'
import type { UserService } from '../../lib/users/service.ts'
import type { userRoutes } from './routes.ts'

export function createUserHandlers({ users }: { users: UserService }): Handlers<typeof userRoutes> {
  return {
    getOwnUser: async ({ actor }) => reply(await users.get(actor.id)),
    updateOwnUser: async ({ actor, body, headers }) =>
      reply(await users.update(actor.id, body, (row) => requireMatch(headers, row))),
  }
}

const reply = (user: UserRow) => new Reply(user, { etag: etagOf(user) })
