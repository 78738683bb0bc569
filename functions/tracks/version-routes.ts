import { defineRoutes, pageQuery } from '../../lib/http/route.ts'
import { trackParams, wholeTrack } from '../../lib/tracks/schemas.ts'
import { renameVersion, trackVersion, versionPage, versionParams } from '../../lib/tracks/version-schemas.ts'

export const versionRoutes = defineRoutes({
  listVersions: {
    method: 'GET',
    path: '/api/v1/tracks/{track_id}/versions',
    auth: 'user',
    policy: { permission: 'tracks.read', reach: 'own', limit: 'read', step_up: false },
    summary: 'List the versions of a track that you may change, newest first',
    params: trackParams,
    query: pageQuery,
    status: 200,
    response: versionPage,
    problems: ['invalid_request', 'not_found'],
  },
  getVersion: {
    method: 'GET',
    path: '/api/v1/tracks/{track_id}/versions/{version_id}',
    auth: 'user',
    policy: { permission: 'tracks.read', reach: 'own', limit: 'read', step_up: false },
    summary: 'Read a version of a track that you may change',
    params: versionParams,
    status: 200,
    response: trackVersion,
    problems: ['not_found'],
  },
  renameVersion: {
    method: 'PATCH',
    path: '/api/v1/tracks/{track_id}/versions/{version_id}',
    auth: 'user',
    policy: { permission: 'tracks.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Label a version, or take its label away',
    params: versionParams,
    body: renameVersion,
    status: 200,
    response: trackVersion,
    problems: ['not_found', 'precondition_failed'],
  },
  activateVersion: {
    method: 'POST',
    path: '/api/v1/tracks/{track_id}/versions/{version_id}/activate',
    auth: 'user',
    policy: { permission: 'tracks.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Have the track play a version that is ready, an older or a newer one',
    params: versionParams,
    status: 200,
    response: wholeTrack,
    problems: ['not_found', 'track_not_ready', 'version_withdrawn'],
  },
})
