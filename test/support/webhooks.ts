import { composeWebhooks } from '../../functions/webhooks/compose.ts'
import { webhookRoutes } from '../../functions/webhooks/routes.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import { createFieldCipher } from '../../lib/auth/field-cipher.ts'
import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createRunOnce } from '../../lib/http/idempotency.ts'
import type { Dispatcher } from '../../lib/webhooks/deliveries/dispatch.ts'
import { type CallOptions, unlimited } from './api.ts'
import { createCallers } from './callers.ts'

/** Of what lies sealed in the tests. */
export const fieldKeys = async () => parseKeyRing(JSON.stringify({ kid: 'fields', key: 'f'.repeat(64) }))
export const fieldCipher = createFieldCipher({ loadKeys: fieldKeys })

interface Options {
  readonly now?: () => Date
  readonly dispatcher?: Pick<Dispatcher, 'dispatchSoon'>
  readonly allowLocal?: boolean
}

/** The function of webhooks as one environment would have it, called as whoever is named. */
export function createWebhooksApi(
  sql: Sql,
  { now, dispatcher = { dispatchSoon: async () => {} }, allowLocal = false }: Options = {},
) {
  const clock = now && { now }
  const { verifyToken, callAs } = createCallers()
  const handlers = composeWebhooks({ sql, cipher: fieldCipher, dispatcher, urls: { allowLocal }, ...clock })
  const handler = createApi(webhookRoutes, handlers, {
    service: 'webhooks',
    corsOrigins: [],
    takeCall: unlimited,
    runOnce: createRunOnce({ sql, ...clock }),
    verifyToken,
    ...clock,
  })
  return callAs(handler)
}

export type WebhooksApi = ReturnType<typeof createWebhooksApi>

/** What owners do to their endpoints, by the routes. */
export function createOwning(api: WebhooksApi) {
  const at = (endpoint_id: string) => ({ params: { endpoint_id } })
  const one = (delivery_id: string) => ({ params: { delivery_id } })
  const {
    createWebhookEndpoint,
    getWebhookEndpoint,
    listWebhookEndpoints,
    updateWebhookEndpoint,
    deleteWebhookEndpoint,
    rotateWebhookSecret,
    testWebhookEndpoint,
    recoverWebhookEndpoint,
    listWebhookDeliveries,
    getWebhookDelivery,
    resendWebhookDelivery,
  } = webhookRoutes
  return {
    create: (owner: Actor, body: object = {}, more: CallOptions = {}) =>
      api(createWebhookEndpoint, owner, {
        body: { url: 'https://hooks.example.com/veza', ...body },
        ...more,
      }),
    read: (owner: Actor, id: string) => api(getWebhookEndpoint, owner, at(id)),
    list: (owner: Actor, query: Record<string, string | number> = {}) =>
      api(listWebhookEndpoints, owner, { query }),
    change: (owner: Actor, id: string, body: object, more: CallOptions = {}) =>
      api(updateWebhookEndpoint, owner, { ...at(id), body, ...more }),
    remove: (owner: Actor, id: string, more: CallOptions = {}) =>
      api(deleteWebhookEndpoint, owner, { ...at(id), ...more }),
    rotate: (owner: Actor, id: string, body: object = {}) =>
      api(rotateWebhookSecret, owner, { ...at(id), body }),
    test: (owner: Actor, id: string, body: object = {}) =>
      api(testWebhookEndpoint, owner, { ...at(id), body }),
    recover: (owner: Actor, id: string, body: object) =>
      api(recoverWebhookEndpoint, owner, { ...at(id), body }),
    deliveries: (owner: Actor, id: string, query: Record<string, string | number> = {}) =>
      api(listWebhookDeliveries, owner, { ...at(id), query }),
    delivery: (owner: Actor, id: string) => api(getWebhookDelivery, owner, one(id)),
    resend: (owner: Actor, id: string) => api(resendWebhookDelivery, owner, one(id)),
  }
}
