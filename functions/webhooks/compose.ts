import type { FieldCipher } from '../../lib/auth/field-cipher.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createEventReading } from '../../lib/public-events/reading.ts'
import type { Dispatcher } from '../../lib/webhooks/deliveries/dispatch.ts'
import { createRecoveryRequests } from '../../lib/webhooks/endpoints/recovery.ts'
import { createRotation } from '../../lib/webhooks/endpoints/rotation.ts'
import { createEndpointService } from '../../lib/webhooks/endpoints/service.ts'
import { createTest } from '../../lib/webhooks/endpoints/testing.ts'
import { createDeliveryReading } from '../../lib/webhooks/reading/service.ts'
import type { UrlSettings } from '../../lib/webhooks/url-rules.ts'
import { createDeliveryHandlers } from './delivery-handlers.ts'
import { createEndpointHandlers } from './endpoint-handlers.ts'
import { createEventHandlers } from './event-handlers.ts'

/** What the services of this group stand on; each takes of it what it needs. */
export interface WebhookDependencies {
  readonly sql: Sql
  /** Of secrets and headers, where they lie. */
  readonly cipher: FieldCipher
  readonly dispatcher: Pick<Dispatcher, 'dispatchSoon'>
  readonly urls: UrlSettings
  readonly now?: () => Date
}

/** The services of this group, and the handlers that call them. */
export const composeWebhooks = (given: WebhookDependencies) => ({
  ...createEventHandlers(createEventReading(given)),
  ...createEndpointHandlers({
    endpoints: createEndpointService(given),
    rotate: createRotation(given),
    test: createTest(given),
    recover: createRecoveryRequests(given),
  }),
  ...createDeliveryHandlers(createDeliveryReading(given)),
})
