import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { InviteService } from '../../lib/playlists/invites-service.ts'
import { replyShown } from '../row-reply.ts'
import type { inviteRoutes } from './invite-routes.ts'

export function createInviteHandlers(invites: InviteService): Handlers<typeof inviteRoutes> {
  return {
    createInviteLink: async ({ actor, params, body }) =>
      new Reply(await invites.create(actor, params.playlist_id, body), {
        headers: { 'cache-control': 'no-store' },
      }),
    listInviteLinks: ({ actor, params, query }) => invites.list(actor, params.playlist_id, query),
    revokeInviteLink: async ({ actor, params }) => {
      await invites.revoke(actor, params.playlist_id, params.link_id)
      return undefined
    },
    joinPlaylist: async ({ actor, params }) => replyShown(await invites.join(actor, params.token)),
  }
}
