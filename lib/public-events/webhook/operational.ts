import * as z from 'zod/mini'
import { timestamp } from '../../http/route.ts'
import { defineOperationalEvent } from '../define.ts'

const endpoint = z.object({ id: z.uuid(), url: z.string(), description: z.string() })

const exampleEndpoint = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9e01',
  url: 'https://hooks.example.com/veza',
  description: 'Orders into our books',
}

const failures = {
  /** Since the last success. */
  first_failure_at: z.nullable(timestamp),
  last_failure_at: z.nullable(timestamp),
  failures_in_row: z.int(),
}

/** As it was to be sent. */
const failedEvent = z.object({
  id: z.uuid(),
  type: z.string(),
  created_at: timestamp,
  /** Null where it is too large to be sent inside of another. */
  data: z.nullable(z.record(z.string(), z.unknown())),
})

const exampleEvent = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9e03',
  type: 'track.deleted',
  created_at: '2026-12-01T09:00:00.000Z',
  data: { track: { id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9e04' } },
}

const webhookTest = defineOperationalEvent({
  type: 'webhook.test',
  version: '2026-12-01',
  description: 'You asked for a test of one of your endpoints; it is sent to that one alone.',
  resource: 'endpoint',
  data: z.object({ endpoint }),
  example: { endpoint: exampleEndpoint },
})

const webhookEndpointFailing = defineOperationalEvent({
  type: 'webhook.endpoint.failing',
  version: '2026-12-01',
  description:
    'Nothing sent to one of your endpoints has succeeded for a day, and again when it is three. It is disabled after five.',
  resource: 'endpoint',
  data: z.object({ endpoint, ...failures }),
  example: {
    endpoint: exampleEndpoint,
    first_failure_at: '2026-12-01T09:00:00.000Z',
    last_failure_at: '2026-12-02T09:00:30.000Z',
    failures_in_row: 14,
  },
})

const webhookEndpointDisabled = defineOperationalEvent({
  type: 'webhook.endpoint.disabled',
  version: '2026-12-01',
  description:
    'One of your endpoints was disabled: by you (`owner`), after five days of nothing but failures (`failing`), or because it answered 410 (`gone`).',
  resource: 'endpoint',
  data: z.object({
    endpoint,
    reason: z.enum(['owner', 'failing', 'gone']),
    disabled_at: timestamp,
    ...failures,
    /** The last that could not be delivered; null where it is not for that. */
    event: z.nullable(failedEvent),
  }),
  example: {
    endpoint: exampleEndpoint,
    reason: 'failing',
    disabled_at: '2026-12-06T09:00:00.000Z',
    first_failure_at: '2026-12-01T09:00:00.000Z',
    last_failure_at: '2026-12-06T08:59:30.000Z',
    failures_in_row: 61,
    event: exampleEvent,
  },
})

const webhookAttemptExhausted = defineOperationalEvent({
  type: 'webhook.attempt.exhausted',
  version: '2026-12-01',
  description:
    'The last retry of a delivery failed, so that it is not tried again by itself; of one endpoint at most once an hour.',
  resource: 'endpoint',
  data: z.object({
    endpoint,
    delivery: z.object({ id: z.uuid(), attempt_count: z.int() }),
    /** What could not be delivered. */
    event: failedEvent,
    status_code: z.nullable(z.int()),
    error: z.nullable(z.string()),
  }),
  example: {
    endpoint: exampleEndpoint,
    delivery: { id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9e02', attempt_count: 10 },
    event: exampleEvent,
    status_code: 503,
    error: 'status',
  },
})

/** Of webhooks themselves. */
export const operationalPublicEvents = [
  webhookTest,
  webhookEndpointFailing,
  webhookEndpointDisabled,
  webhookAttemptExhausted,
] as const
