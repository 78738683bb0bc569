import { defineRoutes, pageQuery } from '../../lib/http/route.ts'
import { trackPage } from '../../lib/tracks/schemas.ts'
import { ownUser, updateUser, userParams } from '../../lib/users/schemas.ts'

export const userRoutes = defineRoutes({
  getOwnUser: {
    method: 'GET',
    path: '/api/v1/users/me',
    auth: 'user',
    summary: 'Read your own profile',
    status: 200,
    response: ownUser,
    problems: [],
  },
  updateOwnUser: {
    method: 'PATCH',
    path: '/api/v1/users/me',
    auth: 'user',
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
    summary: 'List the tracks of a user, newest first: public ones that play, and your own in any state',
    params: userParams,
    query: pageQuery,
    status: 200,
    response: trackPage,
    problems: ['not_found'],
  },
})
