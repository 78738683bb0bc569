import { etagOf, etagOfShown, requireMatch } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { WholeTrackRow } from '../../lib/tracks/columns.ts'
import type { TrackService } from '../../lib/tracks/service.ts'
import type { StreamService } from '../../lib/tracks/stream-service.ts'
import { retryAfter, type UploadService } from '../../lib/tracks/upload-service.ts'
import type { UploadRow } from '../../lib/tracks/uploads-repository.ts'
import type { trackRoutes } from './routes.ts'

export interface TrackServices {
  readonly tracks: TrackService
  readonly uploads: UploadService
  readonly streams: StreamService
}

export function createTrackHandlers({
  tracks,
  uploads,
  streams,
}: TrackServices): Handlers<typeof trackRoutes> {
  return {
    createTrack: async ({ actor, body, ip }) => replyTrack(await tracks.create(actor, body, ip)),
    listTracks: ({ actor, query }) => tracks.list(actor, query),
    getTrack: async ({ actor, params }) => replyTrack(await tracks.get(actor, params.track_id)),
    deleteTrack: async ({ actor, params, headers }) => {
      await tracks.remove(actor, params.track_id, (row) => requireMatch(headers, row))
      return undefined
    },
    requestUpload: ({ actor, params, body }) => uploads.grant(actor, params.track_id, body),
    getUpload: async ({ actor, params }) =>
      replyUpload(await uploads.get(actor, params.track_id, params.upload_id)),
    streamTrack: ({ actor, params }) => streams.issue(actor, params.track_id),
  }
}

const replyTrack = (track: WholeTrackRow) => new Reply(track, { etag: etagOfShown(track) })

function replyUpload(upload: UploadRow) {
  const seconds = retryAfter(upload)
  const headers = seconds === undefined ? {} : { 'retry-after': String(seconds) }
  return new Reply(upload, { etag: etagOf(upload), headers })
}
