import { defineRoutes, pageQuery } from '../../lib/http/route.ts'
import { trackPage } from '../../lib/tracks/schemas.ts'
import { ownUser, updateUser, userParams } from '../../lib/users/schemas.ts'

export const userRoutes = defineRoutes({
  getOwnUser: {
    method: 'GET',
    path: '/api/v1/users/me',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'read', step_up: false },
    summary: 'Read your own profile',
    status: 200,
    response: ownUser,
    problems: [],
  },
  updateOwnUser: {
    method: 'PATCH',
    path: '/api/v1/users/me',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'write', step_up: false },
    summary: 'Change your own profile',
    body: updateUser,
    status: 200,
    response: ownUser,
    problems: ['precondition_failed'],
  },
  listUserTracks: {
    method: 'GET',
    path: '/api/v1/users/{username}/tracks',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'read', step_up: false },
    summary: 'List the tracks of a user, newest first: public ones that play, and your own in any state',
    params: userParams,
    query: pageQuery,
    status: 200,
    response: trackPage,
    problems: ['not_found'],
  },
})
