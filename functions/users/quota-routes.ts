import { defineRoutes } from '../../lib/http/route.ts'
import { uploadQuotas } from '../../lib/uploads/quota-schemas.ts'

export const quotaRoutes = defineRoutes({
  getUploadQuotas: {
    method: 'GET',
    path: '/api/v1/users/me/quota',
    auth: 'user',
    policy: { permission: 'tracks.read', reach: 'own', limit: 'read', step_up: false },
    summary: 'See how much of what you may upload is used, and which uploads you may go on with',
    status: 200,
    response: uploadQuotas,
    problems: [],
  },
})
