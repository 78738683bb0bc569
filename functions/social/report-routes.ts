import { commentParams } from '../../lib/comments/schemas.ts'
import { defineRoutes, noContent } from '../../lib/http/route.ts'
import { report } from '../../lib/moderation/schemas.ts'
import { trackParams } from '../../lib/tracks/schemas.ts'
import { userParams } from '../../lib/users/schemas.ts'

export const reportRoutes = defineRoutes({
  reportComment: {
    method: 'POST',
    path: '/api/v1/comments/{comment_id}/report',
    auth: 'user',
    policy: { permission: 'reports.write', reach: 'visible', limit: 'report', step_up: false },
    summary: 'Report a comment, once; on a track of yours it is hidden at once',
    params: commentParams,
    body: report,
    status: 204,
    response: noContent,
    problems: ['not_found', 'own_account'],
  },
  reportTrack: {
    method: 'POST',
    path: '/api/v1/tracks/{track_id}/report',
    auth: 'user',
    policy: { permission: 'reports.write', reach: 'visible', limit: 'report', step_up: false },
    summary: 'Report a track, once',
    params: trackParams,
    body: report,
    status: 204,
    response: noContent,
    problems: ['not_found', 'own_account'],
  },
  reportUser: {
    method: 'POST',
    path: '/api/v1/users/{username}/report',
    auth: 'user',
    policy: { permission: 'reports.write', reach: 'visible', limit: 'report', step_up: false },
    summary: 'Report a user, once',
    params: userParams,
    body: report,
    status: 204,
    moves: true,
    response: noContent,
    problems: ['not_found', 'own_account'],
  },
})
