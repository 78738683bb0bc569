import { createDownloadHandlers } from '../../functions/marketplace/download-handlers.ts'
import { downloadRoutes } from '../../functions/marketplace/download-routes.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createLicenseDownloadService } from '../../lib/licenses/downloads-service.ts'
import { call, unlimited } from './api.ts'
import { testLinks } from './media-links.ts'

/** The routes of downloads, by whoever calls them. */
export function createLicenseApi(sql: Sql, now: () => Date) {
  const createHandler = (db: Sql) =>
    createApi(
      downloadRoutes,
      createDownloadHandlers(
        createLicenseDownloadService({
          sql: db,
          media: testLinks,
          relay: { flushSoon: async () => {} },
          now,
        }),
      ),
      {
        service: 'marketplace',
        corsOrigins: [],
        takeCall: unlimited,
        now,
      },
    )
  const handler = createHandler(sql)
  return {
    createHandler,
    download: (actor: Actor, license_id: string, body?: object, by = handler) =>
      call(by, downloadRoutes.downloadLicense, { actor, params: { license_id }, body }),
    allow: (actor: Actor, license_id: string, body: object) =>
      call(handler, downloadRoutes.allowLicenseDownloads, { actor, params: { license_id }, body }),
    log: (actor: Actor, license_id: string, query = {}) =>
      call(handler, downloadRoutes.listLicenseDownloads, { actor, params: { license_id }, query }),
  }
}
