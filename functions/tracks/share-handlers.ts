import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { ShareService } from '../../lib/tracks/shares/service.ts'
import type { shareRoutes } from './share-routes.ts'

export function createShareHandlers(shares: ShareService): Handlers<typeof shareRoutes> {
  return {
    createShare: async ({ actor, params, body }) =>
      new Reply(await shares.create(actor, params.track_id, body), unkept),
    listShares: ({ actor, params, query }) => shares.list(actor, params.track_id, query),
    getShare: ({ actor, params }) => shares.get(actor, params.share_id),
    revokeShare: async ({ actor, params }) => {
      await shares.revoke(actor, params.share_id)
      return undefined
    },
    openShare: async ({ actor, params, ip, userAgent, headers }) =>
      new Reply(await shares.open(actor, params.share_token, { ip, userAgent, headers }), unkept),
  }
}

/** What opens something is kept by nobody on the way. */
const unkept = { headers: { 'cache-control': 'no-store' } }
