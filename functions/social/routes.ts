import {
  comment,
  commentPage,
  commentParams,
  createComment,
  listComments,
} from '../../lib/comments/schemas.ts'
import { defineRoutes, pageQuery } from '../../lib/http/route.ts'
import { trackParams } from '../../lib/tracks/schemas.ts'
import { feedRoutes } from './feed-routes.ts'
import { notificationRoutes } from './notification-routes.ts'

export const socialRoutes = defineRoutes({
  ...notificationRoutes,
  ...feedRoutes,
  createComment: {
    method: 'POST',
    path: '/api/v1/tracks/{track_id}/comments',
    auth: 'user',
    policy: { permission: 'comments.write', reach: 'visible', limit: 'comment', step_up: false },
    summary: 'Comment on a track, at a place in it where you name one, or answer a comment',
    params: trackParams,
    body: createComment,
    status: 201,
    response: comment,
    problems: ['not_found'],
  },
  listComments: {
    method: 'GET',
    path: '/api/v1/tracks/{track_id}/comments',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'read', step_up: false },
    summary: 'List the comments on a track that begin a thread; the pinned one comes first',
    params: trackParams,
    query: listComments,
    status: 200,
    response: commentPage,
    problems: ['invalid_request', 'not_found'],
  },
  getComment: {
    method: 'GET',
    path: '/api/v1/comments/{comment_id}',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'read', step_up: false },
    summary: 'Read a comment',
    params: commentParams,
    status: 200,
    response: comment,
    problems: ['not_found'],
  },
  listReplies: {
    method: 'GET',
    path: '/api/v1/comments/{comment_id}/replies',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'read', step_up: false },
    summary: 'List the answers in the thread of a comment, oldest first',
    params: commentParams,
    query: pageQuery,
    status: 200,
    response: commentPage,
    problems: ['invalid_request', 'not_found'],
  },
})
