import { matching } from '../../lib/http/etag.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { ImageService } from '../../lib/images/service.ts'
import { replyImageUpload } from '../image-reply.ts'
import type { artworkRoutes } from './artwork-routes.ts'

export function createArtworkHandlers(artworks: ImageService): Handlers<typeof artworkRoutes> {
  return {
    requestArtwork: ({ actor, params, body }) => artworks.grant(actor, params.track_id, body),
    getArtworkUpload: async ({ actor, params }) =>
      replyImageUpload(await artworks.get(actor, params.track_id, params.artwork_upload_id)),
    deleteArtwork: async ({ actor, params, headers }) => {
      await artworks.remove(actor, params.track_id, matching(headers))
      return undefined
    },
  }
}
