import { eventResults, reportEvents } from '../../lib/analytics/ingest/schemas.ts'
import { defineRoutes } from '../../lib/http/route.ts'

export const ingestRoutes = defineRoutes({
  reportEvents: {
    method: 'POST',
    path: '/api/v1/analytics/events',
    auth: 'optional',
    policy: { permission: 'public', reach: 'any', limit: 'analytics', step_up: false },
    summary:
      'Report what was listened to and looked at, up to 100 events and 256 KiB; each has a result of its own',
    body: reportEvents,
    headers: {
      DNT: '`1`: neither the user nor the visitor is kept.',
      'Sec-GPC': '`1`: neither the user nor the visitor is kept.',
    },
    status: 202,
    response: eventResults,
    problems: ['payload_too_large'],
  },
})
