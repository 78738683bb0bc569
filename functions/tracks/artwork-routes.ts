import { defineRoutes, noContent } from '../../lib/http/route.ts'
import { artworkUploadParams, imageUpload, requestArtwork } from '../../lib/images/schemas.ts'
import { uploadGrant } from '../../lib/media/upload-grant.ts'
import { trackParams } from '../../lib/tracks/schemas.ts'

/** The picture that goes with a track. */
export const artworkRoutes = defineRoutes({
  requestArtwork: {
    method: 'POST',
    path: '/api/v1/tracks/{track_id}/artwork',
    auth: 'user',
    policy: { permission: 'tracks.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Ask where to upload the artwork of a track; it takes the place of one that is under way',
    params: trackParams,
    body: requestArtwork,
    status: 201,
    response: uploadGrant,
    problems: ['not_found'],
  },
  getArtworkUpload: {
    method: 'GET',
    path: '/api/v1/tracks/{track_id}/artwork/uploads/{artwork_upload_id}',
    auth: 'user',
    policy: { permission: 'tracks.read', reach: 'own', limit: 'read', step_up: false },
    summary: 'Follow artwork that you sent on its way',
    params: artworkUploadParams,
    status: 200,
    response: imageUpload,
    problems: ['not_found'],
  },
  deleteArtwork: {
    method: 'DELETE',
    path: '/api/v1/tracks/{track_id}/artwork',
    auth: 'user',
    policy: { permission: 'tracks.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Show no artwork with a track, not even one that is under way',
    params: trackParams,
    status: 204,
    response: noContent,
    problems: ['not_found', 'precondition_failed'],
  },
})
