import { etagOfShown, matching } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { RecoveryRequests } from '../../lib/webhooks/endpoints/recovery.ts'
import type { RotationService } from '../../lib/webhooks/endpoints/rotation.ts'
import type { EndpointService } from '../../lib/webhooks/endpoints/service.ts'
import type { TestService } from '../../lib/webhooks/endpoints/testing.ts'
import { replyShown } from '../row-reply.ts'
import type { endpointRoutes } from './endpoint-routes.ts'

interface Services {
  readonly endpoints: EndpointService
  readonly rotate: RotationService
  readonly test: TestService
  readonly recover: RecoveryRequests
}

/** Nobody keeps an answer that holds a secret. */
const headers = { 'cache-control': 'no-store' }

export const createEndpointHandlers = ({
  endpoints,
  rotate,
  test,
  recover,
}: Services): Handlers<typeof endpointRoutes> => ({
  createWebhookEndpoint: async ({ actor, body, ...origin }) => {
    const { secret, ...endpoint } = await endpoints.create(actor, body, origin)
    return new Reply({ ...endpoint, secret }, { etag: etagOfShown(endpoint), headers })
  },
  listWebhookEndpoints: ({ actor, query }) => endpoints.list(actor, query),
  getWebhookEndpoint: async ({ actor, params }) => replyShown(await endpoints.get(actor, params.endpoint_id)),
  updateWebhookEndpoint: async ({ actor, params, body, ...request }) =>
    replyShown(await endpoints.update(actor, params.endpoint_id, body, matching(request.headers), request)),
  deleteWebhookEndpoint: async ({ actor, params, ...request }) => {
    await endpoints.remove(actor, params.endpoint_id, matching(request.headers), request)
    return undefined
  },
  rotateWebhookSecret: async ({ actor, params, body, ...origin }) =>
    new Reply(await rotate(actor, params.endpoint_id, body, origin), { headers }),
  testWebhookEndpoint: ({ actor, params, body, requestId }) =>
    test(actor, params.endpoint_id, body.event_type, requestId),
  recoverWebhookEndpoint: async ({ actor, params, body }) =>
    replyShown(await recover(actor, params.endpoint_id, body.since)),
})
