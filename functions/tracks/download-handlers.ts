import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { DownloadService } from '../../lib/tracks/playback/download-service.ts'
import type { downloadRoutes } from './download-routes.ts'

export function createDownloadHandlers(downloads: DownloadService): Handlers<typeof downloadRoutes> {
  return {
    downloadTrack: async ({ actor, params, query }) => {
      const download = await downloads.issue(actor, params.track_id, query.version_id)
      return new Reply(download, { headers: { 'cache-control': 'no-store' } })
    },
  }
}
