import { feedPage } from '../../lib/feed/schemas.ts'
import { defineRoutes, pageQuery } from '../../lib/http/route.ts'

export const feedRoutes = defineRoutes({
  listFeed: {
    method: 'GET',
    path: '/api/v1/feed',
    auth: 'user',
    policy: { permission: 'tracks.read', reach: 'visible', limit: 'read', step_up: false },
    summary: 'List what those whom you follow have published and reposted, newest first, each track once',
    query: pageQuery,
    status: 200,
    response: feedPage,
    problems: [],
  },
})
