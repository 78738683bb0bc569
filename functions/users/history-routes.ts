import { defineRoutes, noContent, pageQuery } from '../../lib/http/route.ts'
import { historyPage } from '../../lib/plays/schemas.ts'
import { deletedTrackPage } from '../../lib/tracks/schemas.ts'
import { userParams } from '../../lib/users/schemas.ts'

/** What a user has played, and what they have thrown away. */
export const historyRoutes = defineRoutes({
  getOwnHistory: {
    method: 'GET',
    path: '/api/v1/users/me/history',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'read', step_up: false },
    summary: 'List what you have played, each track once, the last played first',
    query: pageQuery,
    status: 200,
    response: historyPage,
    problems: ['invalid_request'],
  },
  deleteOwnHistory: {
    method: 'DELETE',
    path: '/api/v1/users/me/history',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'write', step_up: false },
    summary: "Have it forgotten what you have played; the plays count on, as nobody's",
    status: 204,
    response: noContent,
    problems: [],
  },
  listUserHistory: {
    method: 'GET',
    path: '/api/v1/users/{username}/history',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'read', step_up: false },
    summary: 'List what a user has played, where they show it',
    params: userParams,
    query: pageQuery,
    status: 200,
    moves: true,
    response: historyPage,
    problems: ['not_found', 'invalid_request'],
  },
  listDeletedTracks: {
    method: 'GET',
    path: '/api/v1/users/me/tracks/deleted',
    auth: 'user',
    policy: { permission: 'tracks.read', reach: 'own', limit: 'read', step_up: false },
    summary: 'List the tracks that you have deleted and may still have back, the last deleted first',
    query: pageQuery,
    status: 200,
    response: deletedTrackPage,
    problems: ['invalid_request'],
  },
})
