import * as z from 'zod/mini'
import { defineRoutes, pageQuery } from '../../lib/http/route.ts'
import {
  allowance,
  allowDownloads,
  downloadPage,
  downloadParams,
  licenseDownload,
  requestDownload,
} from '../../lib/licenses/downloads-schemas.ts'

export const downloadRoutes = defineRoutes({
  downloadLicense: {
    method: 'POST',
    path: '/api/v1/marketplace/licenses/{license_id}/downloads',
    auth: 'user',
    policy: { permission: 'market.buy', reach: 'own', limit: 'download', step_up: false },
    summary:
      'Get links to the files of a licence of yours; again within a quarter of an hour is one download',
    params: downloadParams,
    body: z.optional(requestDownload),
    status: 201,
    response: licenseDownload,
    problems: [
      'download_limit_reached',
      'license_revoked',
      'license_frozen',
      'not_found',
      'files_not_ready',
      'version_withdrawn',
      'conflict',
    ],
  },
  listLicenseDownloads: {
    method: 'GET',
    path: '/api/v1/marketplace/licenses/{license_id}/downloads',
    auth: 'user',
    policy: { permission: 'market.buy', reach: 'own', limit: 'read', step_up: false },
    summary: 'List the downloads of a licence that you have bought or sold, newest first',
    params: downloadParams,
    query: pageQuery,
    status: 200,
    response: downloadPage,
    problems: ['not_found'],
  },
  allowLicenseDownloads: {
    method: 'POST',
    path: '/api/v1/marketplace/licenses/{license_id}/downloads/allow',
    auth: 'user',
    policy: { permission: 'market.sell', reach: 'own', limit: 'write', step_up: false },
    summary: 'Give the buyer of a licence that you have sold more downloads, or more time for them',
    params: downloadParams,
    body: allowDownloads,
    status: 200,
    response: allowance,
    problems: ['not_found', 'license_revoked', 'license_frozen', 'conflict'],
  },
})
