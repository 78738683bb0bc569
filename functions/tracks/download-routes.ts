import { defineRoutes } from '../../lib/http/route.ts'
import { download, downloadQuery } from '../../lib/tracks/playback/download-schemas.ts'
import { trackParams } from '../../lib/tracks/schemas.ts'

export const downloadRoutes = defineRoutes({
  downloadTrack: {
    method: 'GET',
    path: '/api/v1/tracks/{track_id}/download',
    auth: 'user',
    policy: { permission: 'tracks.read', reach: 'visible', limit: 'download', step_up: false },
    summary: 'Ask for a link to the file of a track that you own or edit, as it was uploaded',
    params: trackParams,
    query: downloadQuery,
    status: 200,
    response: download,
    problems: ['forbidden', 'not_found', 'track_not_ready'],
  },
})
