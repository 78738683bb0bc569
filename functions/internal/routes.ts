import { defineRoutes, noContent } from '../../lib/http/route.ts'
import { source, sourceQuery, streamFailed, streamReady } from '../../lib/media/streams/schemas.ts'
import { playResults, reportPlays } from '../../lib/plays/schemas.ts'
import { listRevocations, revocationPage } from '../../lib/revocations/schemas.ts'
import { trackParams } from '../../lib/tracks/schemas.ts'

export const internalRoutes = defineRoutes({
  getTrackSource: {
    method: 'GET',
    path: '/api/v1/internal/tracks/{track_id}/source',
    auth: 'iam',
    policy: { permission: 'service', reach: 'any', limit: 'unlimited', step_up: false },
    summary: 'Where the stream server fetches the original of a version',
    params: trackParams,
    query: sourceQuery,
    status: 200,
    response: source,
    problems: ['not_found'],
  },
  reportStreamReady: {
    method: 'POST',
    path: '/api/v1/internal/tracks/{track_id}/stream-ready',
    auth: 'iam',
    policy: { permission: 'service', reach: 'any', limit: 'unlimited', step_up: false },
    summary: 'The stream of a version can be played; 200 when that no longer counts',
    params: trackParams,
    body: streamReady,
    status: 204,
    response: noContent,
    problems: ['not_found'],
  },
  reportStreamFailed: {
    method: 'POST',
    path: '/api/v1/internal/tracks/{track_id}/stream-failed',
    auth: 'iam',
    policy: { permission: 'service', reach: 'any', limit: 'unlimited', step_up: false },
    summary: 'The stream of a version could not be made; 200 when that no longer counts',
    params: trackParams,
    body: streamFailed,
    status: 204,
    response: noContent,
    problems: ['not_found'],
  },
  listRevocations: {
    method: 'GET',
    path: '/api/v1/internal/revocations',
    auth: 'iam',
    policy: { permission: 'service', reach: 'any', limit: 'unlimited', step_up: false },
    summary:
      'What must be refused although we have signed it, as it came up; go on with the last `next_cursor`, and expect to be told twice',
    query: listRevocations,
    status: 200,
    response: revocationPage,
    problems: ['invalid_request'],
  },
  reportPlays: {
    method: 'POST',
    path: '/api/v1/internal/plays',
    auth: 'iam',
    policy: { permission: 'service', reach: 'any', limit: 'unlimited', step_up: false },
    summary: 'What was listened to; each report has a result of its own, and may be sent again',
    body: reportPlays,
    status: 200,
    response: playResults,
    problems: [],
  },
})
