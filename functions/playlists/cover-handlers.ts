import { matching } from '../../lib/http/etag.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { ImageService } from '../../lib/images/service.ts'
import { replyImageUpload } from '../image-reply.ts'
import type { coverRoutes } from './cover-routes.ts'

export function createCoverHandlers(covers: ImageService): Handlers<typeof coverRoutes> {
  return {
    requestCover: ({ actor, params, body }) => covers.grant(actor, params.playlist_id, body),
    getCoverUpload: async ({ actor, params }) =>
      replyImageUpload(await covers.get(actor, params.playlist_id, params.cover_upload_id)),
    deleteCover: async ({ actor, params, headers }) => {
      await covers.remove(actor, params.playlist_id, matching(headers))
      return undefined
    },
  }
}
