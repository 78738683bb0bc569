import { etagOf, etagOfShown, matching } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { TrackService } from '../../lib/tracks/service.ts'
import type { VersionRow } from '../../lib/tracks/versions/repository.ts'
import type { VersionService } from '../../lib/tracks/versions/service.ts'
import type { StreamJobService } from '../../lib/tracks/versions/stream-jobs.ts'
import type { versionRoutes } from './version-routes.ts'

export interface VersionServices {
  readonly tracks: Pick<TrackService, 'get'>
  readonly versions: VersionService
  readonly streamJobs: StreamJobService
}

export function createVersionHandlers({
  tracks,
  versions,
  streamJobs,
}: VersionServices): Handlers<typeof versionRoutes> {
  return {
    listVersions: ({ actor, params, query }) => versions.list(actor, params.track_id, query),
    getVersion: async ({ actor, params }) =>
      replyVersion(await versions.get(actor, params.track_id, params.version_id)),
    renameVersion: async ({ actor, params, body, headers }) => {
      const { track_id, version_id } = params
      return replyVersion(await versions.rename(actor, track_id, version_id, body.label, matching(headers)))
    },
    listStreamJobs: ({ actor, params, query }) =>
      streamJobs.list(actor, params.track_id, params.version_id, query),
    activateVersion: async ({ actor, params }) => {
      await versions.activate(actor, params.track_id, params.version_id)
      const track = await tracks.get(actor, params.track_id)
      return new Reply(track, { etag: etagOfShown(track) })
    },
  }
}

const replyVersion = (version: VersionRow) => new Reply(version, { etag: etagOf(version) })
