import { defineRoutes } from '../../lib/http/route.ts'
import { envelopePage, eventTypeList, listEvents } from '../../lib/public-events/schemas.ts'

export const eventRoutes = defineRoutes({
  listEventTypes: {
    method: 'GET',
    path: '/api/v1/webhooks/event-types',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'read', step_up: false },
    summary: 'List every type of event, with its JSON Schema and an example',
    status: 200,
    response: eventTypeList,
    problems: [],
  },
  listEvents: {
    method: 'GET',
    path: '/api/v1/events',
    auth: 'user',
    policy: { permission: 'webhooks.manage', reach: 'own', limit: 'read', step_up: false },
    summary:
      'List the events of the last 30 days that concern you, oldest first; `next_cursor` goes on later',
    query: listEvents,
    status: 200,
    response: envelopePage,
    problems: ['invalid_request'],
  },
})
