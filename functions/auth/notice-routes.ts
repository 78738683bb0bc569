import { defineRoutes, noContent } from '../../lib/http/route.ts'
import { disown } from '../../lib/notices/schemas.ts'

export const noticeRoutes = defineRoutes({
  disownNotice: {
    method: 'POST',
    path: '/api/v1/auth/not-me',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'recovery', step_up: false },
    summary: 'Say of a mailed notice that it was not you: every session ends and the password must be reset',
    body: disown,
    status: 204,
    response: noContent,
    problems: ['invalid_token'],
  },
})
