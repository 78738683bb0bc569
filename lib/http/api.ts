import { randomUUID } from 'node:crypto'
import middy from '@middy/core'
import type {
  APIGatewayProxyEventV2WithLambdaAuthorizer,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda'
import type { Actor } from '../auth/actor.ts'
import { AppError } from '../errors.ts'
import { logger } from '../logger.ts'
import { type AuthenticationDependencies, createAuthentication } from './authentication.ts'
import { readBytes, readJson } from './body.ts'
import { createStandardHeaders } from './headers.ts'
import { readBody, readParams, readQuery } from './input.ts'
import { asAppError, toProblem } from './problem.ts'
import { createRequestLog } from './request-log.ts'
import { toResponse } from './response.ts'
import { type Handlers, type Request, type Route, type Routes, routeKey } from './route.ts'

export type ApiEvent = APIGatewayProxyEventV2WithLambdaAuthorizer<unknown>
export type ApiHandler = (event: ApiEvent, context: Context) => Promise<APIGatewayProxyStructuredResultV2>

export interface ApiDependencies extends AuthenticationDependencies {
  /** The function's name; a dimension of its metrics. */
  readonly service: string
  /** Exactly these other origins may read answers. */
  readonly corsOrigins: readonly string[]
  /** Told when a handler is given up, for what it holds open then (a transaction) is nobody's. */
  readonly onTimeout?: () => void
}

/** Left of the function's own time to answer 503 and to write the log. */
const reserveMs = 500

type Handle = (request: Request) => Promise<unknown>

interface Endpoint {
  readonly route: Route
  readonly handle: Handle
}

/** One request on its way through. */
interface Exchange {
  readonly event: ApiEvent
  readonly requestId: string
  readonly startedAt: number
  readonly endpoint: Endpoint | undefined
  actor: Actor | undefined
}

/**
 * The Lambda handler for one group of routes. API Gateway has matched the path already, so that routing is
 * a look-up of `event.routeKey`.
 */
export function createApi<T extends Routes>(
  routes: T,
  handlers: Handlers<T>,
  dependencies: ApiDependencies,
): ApiHandler {
  const { service, corsOrigins, onTimeout } = dependencies
  const endpoints = createEndpoints(routes, handlers as Record<string, unknown>)
  if (!dependencies.verifyToken && Object.values(routes).some(({ auth }) => auth === 'optional')) {
    throw new Error(`${service} has routes with optional authentication and no way to verify a token`)
  }
  const authenticate = createAuthentication(dependencies)
  const standardHeaders = createStandardHeaders(corsOrigins)
  const record = createRequestLog(service)

  const dispatch = async (exchange: Exchange) => {
    const { event, requestId } = exchange
    const { route, handle } = exchange.endpoint ?? refuseUnknown(routes, event.routeKey)
    const rawBody = readBytes(event)
    exchange.actor = await authenticate(route.auth, event)
    const result = await handle({
      params: readParams(route.params, event.pathParameters),
      query: readQuery(route.query, event.queryStringParameters),
      body: route.body && readBody(route.body, await readJson(event, rawBody)),
      actor: exchange.actor,
      headers: event.headers,
      rawBody,
      requestId,
      ip: event.requestContext.http.sourceIp,
      userAgent: event.requestContext.http.userAgent,
    } as Request)
    return toResponse(route, result, event.headers)
  }

  const finish = (exchange: Exchange, response: APIGatewayProxyStructuredResultV2) => {
    const { event, requestId, endpoint, actor, startedAt } = exchange
    const standard = standardHeaders(requestId, event.headers.origin)
    const { vary, ...headers } = response.headers ?? {}
    response.headers = { ...standard, ...headers, ...(vary && { vary: `${standard.vary}, ${vary}` }) }
    record({
      method: endpoint?.route.method ?? 'unknown',
      route: endpoint?.route.path ?? 'unknown',
      status: response.statusCode ?? 500,
      duration_ms: Math.round((performance.now() - startedAt) * 100) / 100,
      user_id: actor?.id,
    })
    logger.resetKeys()
  }

  const handler = middy<Exchange, APIGatewayProxyStructuredResultV2>(dispatch, {
    timeoutEarlyInMillis: reserveMs,
    timeoutEarlyResponse: () => {
      onTimeout?.()
      throw new AppError('unavailable', 'This took too long')
    },
    requestStart: (request) => {
      request.event = open(request.event as ApiEvent, endpoints)
    },
    requestEnd: ({ event, response }) => finish(event as Exchange, response),
  })
  handler.onError((request) => {
    const { error: cause } = request
    const error = asAppError(cause)
    const problem = toProblem(error, request.event.requestId)
    if (problem.statusCode! >= 500) logger.error('request failed', cause instanceof Error ? cause : error)
    request.response = problem
  })
  return handler as unknown as ApiHandler
}

function open(sent: ApiEvent, endpoints: ReadonlyMap<string, Endpoint>): Exchange {
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
  }
}

const isTraceparent = (text: string | undefined) =>
  text !== undefined && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(text)

function createEndpoints(routes: Routes, handlers: Readonly<Record<string, unknown>>) {
  const entries = Object.entries(routes).map(([name, route]): [string, Endpoint] => [
    routeKey(route),
    { route, handle: handlers[name] as Handle },
  ])
  return new Map(entries)
}

/** The gateway itself answers 404 for a method that no route has; 405 is for whoever sends the event here. */
function refuseUnknown(routes: Routes, key: string | undefined): never {
  const path = key?.split(' ')[1]
  const allowed = Object.values(routes).filter((route) => route.path === path)
  if (allowed.length === 0) throw new AppError('not_found')
  const allow = allowed.map(({ method }) => method).join(', ')
  throw new AppError('method_not_allowed', undefined, { headers: { allow } })
}
