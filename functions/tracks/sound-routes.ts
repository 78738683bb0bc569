import { defineRoutes } from '../../lib/http/route.ts'
import { preview, waveform, waveformQuery } from '../../lib/tracks/playback/sound-schemas.ts'
import { trackParams } from '../../lib/tracks/schemas.ts'
import { shareHeaders } from '../../lib/tracks/shares/schemas.ts'

export const soundRoutes = defineRoutes({
  getWaveform: {
    method: 'GET',
    path: '/api/v1/tracks/{track_id}/waveform',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'read', step_up: false },
    summary: 'Read the peaks of a track to draw it by; those of 20 points a second are elsewhere',
    params: trackParams,
    query: waveformQuery,
    headers: shareHeaders,
    status: 200,
    response: waveform,
    refers: true,
    problems: ['not_found', 'waveform_not_ready'],
  },
  getPreview: {
    method: 'GET',
    path: '/api/v1/tracks/{track_id}/preview',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'read', step_up: false },
    summary: 'Ask for a link to the preview of a track, an MP3 of half a minute or up to one and a half',
    params: trackParams,
    headers: shareHeaders,
    status: 200,
    response: preview,
    problems: ['not_found', 'track_not_ready', 'preview_not_ready'],
  },
})
