import { randomUUID } from 'node:crypto'
import type {
  APIGatewayProxyEventV2WithLambdaAuthorizer,
  APIGatewayProxyStructuredResultV2,
} from 'aws-lambda'
import type { Actor } from '../auth/actor.ts'
import { logger } from '../logger.ts'
import { createStandardHeaders } from './headers.ts'
import { type Allowance, rateLimitHeaders } from './rate-limit.ts'
import { recordRequest } from './request-log.ts'
import type { Request, Route } from './route.ts'

export type ApiEvent = APIGatewayProxyEventV2WithLambdaAuthorizer<unknown>
export type ApiResult = APIGatewayProxyStructuredResultV2

export interface Endpoint {
  readonly route: Route
  readonly handle: (request: Request) => Promise<unknown>
}

/** One request on its way through. */
export interface Exchange {
  readonly event: ApiEvent
  readonly requestId: string
  readonly startedAt: number
  readonly endpoint: Endpoint | undefined
  /** Known once the request is authenticated. */
  actor: Actor | undefined
  /** Known once the request is counted. */
  allowance: Allowance | undefined
}

export function openExchange(sent: ApiEvent, endpoints: ReadonlyMap<string, Endpoint>): Exchange {
  const event = { ...sent, headers: sent.headers ?? {} }
  const { 'x-request-id': given, traceparent } = event.headers
  const requestId = given && /^[A-Za-z0-9_-]{8,64}$/.test(given) ? given : randomUUID()
  logger.appendKeys({ request_id: requestId, ...(isTraceparent(traceparent) && { traceparent }) })
  return {
    event,
    requestId,
    startedAt: performance.now(),
    endpoint: endpoints.get(event.routeKey),
    actor: undefined,
    allowance: undefined,
  }
}

const isTraceparent = (text: string | undefined) =>
  text !== undefined && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(text)

/** Completes the response, whatever it is, and writes it down. */
export function createFinish(corsOrigins: readonly string[]) {
  const standardHeaders = createStandardHeaders(corsOrigins)

  return (
    { event, requestId, endpoint, actor, allowance, startedAt }: Exchange,
    response: ApiResult,
  ): void => {
    const standard = standardHeaders(requestId, event.headers.origin)
    const { vary, ...headers } = response.headers ?? {}
    response.headers = {
      ...standard,
      ...(allowance && rateLimitHeaders(allowance)),
      ...headers,
      ...(vary && { vary: `${standard.vary}, ${vary}` }),
    }
    recordRequest({
      method: endpoint?.route.method ?? 'unknown',
      route: endpoint?.route.path ?? 'unknown',
      status: response.statusCode ?? 500,
      duration_ms: Math.round((performance.now() - startedAt) * 100) / 100,
      user_id: actor?.id,
    })
    logger.resetKeys()
  }
}
