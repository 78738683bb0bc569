import { defineRoutes, pageQuery } from '../../lib/http/route.ts'
import {
  definitionsState,
  withdrawnParams,
  withdrawnVersion,
  withdrawnVersionPage,
} from '../../lib/media/withdrawal/withdrawn-schemas.ts'

export const versionRoutes = defineRoutes({
  listWithdrawnVersions: {
    method: 'GET',
    path: '/api/v1/admin/versions',
    auth: 'user',
    policy: { permission: 'moderation', reach: 'any', limit: 'read', step_up: false },
    summary:
      'List the versions in which something harmful was found after they had been let in, newest first',
    query: pageQuery,
    status: 200,
    response: withdrawnVersionPage,
    problems: ['invalid_request'],
  },
  reinstateVersion: {
    method: 'POST',
    path: '/api/v1/admin/versions/{version_id}/reinstate',
    auth: 'user',
    policy: { permission: 'moderation', reach: 'any', limit: 'write', step_up: true },
    summary: 'Have a withdrawn version scanned anew; it comes back if nothing is found any more',
    params: withdrawnParams,
    status: 202,
    response: withdrawnVersion,
    problems: ['not_found', 'conflict'],
  },
  readDefinitions: {
    method: 'GET',
    path: '/api/v1/admin/definitions',
    auth: 'user',
    policy: { permission: 'moderation', reach: 'any', limit: 'read', step_up: false },
    summary: 'Read by which virus definitions files are scanned, and whether they are old',
    status: 200,
    response: definitionsState,
    problems: [],
  },
})
