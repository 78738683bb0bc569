import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { LicenseDownloadService } from '../../lib/licenses/downloads-service.ts'
import type { downloadRoutes } from './download-routes.ts'

export function createDownloadHandlers(downloads: LicenseDownloadService): Handlers<typeof downloadRoutes> {
  return {
    downloadLicense: async (request) => {
      const { actor, params, body } = request
      const { is_new, ...download } = await downloads.issue(actor, params.license_id, body?.file_id, request)
      return new Reply(download, {
        status: is_new ? 201 : 200,
        headers: { 'cache-control': 'no-store' },
      })
    },
    listLicenseDownloads: ({ actor, params, query }) => downloads.list(actor, params.license_id, query),
    allowLicenseDownloads: (request) =>
      downloads.allow(request.actor, request.params.license_id, request.body, request),
  }
}
