import { defineRoutes, noContent } from '../../lib/http/route.ts'
import { coverUploadParams, imageUpload, requestCover } from '../../lib/images/schemas.ts'
import { uploadGrant } from '../../lib/media/upload-grant.ts'
import { playlistParams } from '../../lib/playlists/schemas.ts'

/** The picture that a playlist shows itself with. */
export const coverRoutes = defineRoutes({
  requestCover: {
    method: 'POST',
    path: '/api/v1/playlists/{playlist_id}/cover',
    auth: 'user',
    policy: { permission: 'playlists.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Ask where to upload the cover of a playlist; it takes the place of one that is under way',
    params: playlistParams,
    body: requestCover,
    status: 201,
    response: uploadGrant,
    problems: ['not_found'],
  },
  getCoverUpload: {
    method: 'GET',
    path: '/api/v1/playlists/{playlist_id}/cover/uploads/{cover_upload_id}',
    auth: 'user',
    policy: { permission: 'playlists.read', reach: 'own', limit: 'read', step_up: false },
    summary: 'Follow a cover that you sent on its way',
    params: coverUploadParams,
    status: 200,
    response: imageUpload,
    problems: ['not_found'],
  },
  deleteCover: {
    method: 'DELETE',
    path: '/api/v1/playlists/{playlist_id}/cover',
    auth: 'user',
    policy: { permission: 'playlists.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Show no cover with a playlist, not even one that is under way',
    params: playlistParams,
    status: 204,
    response: noContent,
    problems: ['not_found', 'precondition_failed'],
  },
})
