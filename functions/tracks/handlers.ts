import { etagOfShown, matching } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { WholeTrackRow } from '../../lib/tracks/columns.ts'
import type { TrackDeletionService } from '../../lib/tracks/deletion-service.ts'
import type { TrackLists } from '../../lib/tracks/lists.ts'
import type { StreamService } from '../../lib/tracks/playback/stream-service.ts'
import type { ReactionService } from '../../lib/tracks/reaction-service.ts'
import type { TrackService } from '../../lib/tracks/service.ts'
import { shareHeader } from '../../lib/tracks/shares/schemas.ts'
import type { ShareService } from '../../lib/tracks/shares/service.ts'
import type { UploadRetry } from '../../lib/uploads/retry.ts'
import type { UploadService } from '../../lib/uploads/service.ts'
import { createReactionHandlers } from './reaction-handlers.ts'
import type { trackRoutes } from './routes.ts'
import { createShareHandlers } from './share-handlers.ts'
import { createUploadHandlers } from './upload-handlers.ts'

export interface TrackServices {
  readonly tracks: TrackService
  readonly lists: TrackLists
  readonly trackDeletions: TrackDeletionService
  readonly reactions: ReactionService
  readonly shares: ShareService
  readonly uploads: UploadService
  readonly retryUpload: UploadRetry
  readonly streams: StreamService
}

export function createTrackHandlers(services: TrackServices): Handlers<typeof trackRoutes> {
  const { tracks, lists, trackDeletions, reactions, shares, uploads, retryUpload, streams } = services
  return {
    ...createReactionHandlers(reactions),
    ...createShareHandlers(shares),
    createTrack: async ({ actor, body, ip }) => replyTrack(await tracks.create(actor, body, ip)),
    listTracks: ({ actor, query }) => lists.list(actor, query),
    countTracks: ({ actor, query }) => lists.facets(actor, query),
    suggest: ({ actor, query }) => lists.suggest(actor, query),
    getTrack: async ({ actor, params, headers }) =>
      replyTrack(await tracks.get(actor, params.track_id, headers[shareHeader])),
    updateTrack: async ({ actor, params, body, headers }) =>
      replyTrack(await tracks.update(actor, params.track_id, body, matching(headers))),
    deleteTrack: async ({ actor, params, headers }) => {
      await trackDeletions.remove(actor, params.track_id, matching(headers))
      return undefined
    },
    restoreTrack: async ({ actor, params }) =>
      replyTrack(await trackDeletions.restore(actor, params.track_id)),
    ...createUploadHandlers({ uploads, retryUpload }),
    streamTrack: async ({ actor, params, headers, ip, userAgent }) => {
      const listening = { ip, userAgent, headers, share_token: headers[shareHeader] }
      const stream = await streams.issue(actor, params.track_id, listening)
      return new Reply(stream, { headers: { 'cache-control': 'no-store' } })
    },
  }
}

const replyTrack = (track: WholeTrackRow) => new Reply(track, { etag: etagOfShown(track) })
