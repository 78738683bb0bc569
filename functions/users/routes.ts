import { defineRoutes } from '../../lib/http/route.ts'
import { ownUser, updateUser } from '../../lib/users/schemas.ts'

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
})
