import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { AppError } from '../errors.ts'
import { logger } from '../logger.ts'
import { type AuthenticationDependencies, createAuthentication } from './authentication.ts'
import { readBytes, readJson } from './body.ts'
import {
  type ApiEvent,
  type ApiResult,
  createFinish,
  type Endpoint,
  type Exchange,
  openExchange,
} from './exchange.ts'
import { readBody, readParams, readQuery } from './input.ts'
import { asAppError, toProblem } from './problem.ts'
import { toResponse } from './response.ts'
import { type Handlers, type Request, type Route, type Routes, routeKey } from './route.ts'

export type ApiHandler = (event: ApiEvent, context: Context) => Promise<ApiResult>

export interface ApiDependencies extends AuthenticationDependencies {
  /** The function's name. */
  readonly service: string
  /** Exactly these other origins may read answers. */
  readonly corsOrigins: readonly string[]
  /** The whole API, for the function that gets what no route of the gateway matches. */
  readonly loadRoutes?: () => Promise<readonly Route[]>
  /** Told when a handler is given up, for what it holds open then (a transaction) is nobody's. */
  readonly onTimeout?: () => void
}

/** Left of the function's own time to answer 503 and to write the log. */
const reserveMs = 500

/**
 * The Lambda handler for one group of routes. API Gateway has matched the path already, so that routing is
 * a look-up of `event.routeKey`.
 */
export function createApi<T extends Routes>(
  routes: T,
  handlers: Handlers<T>,
  dependencies: ApiDependencies,
): ApiHandler {
  const { service, corsOrigins, onTimeout, verifyToken } = dependencies
  if (!verifyToken && Object.values(routes).some(({ auth }) => auth === 'optional')) {
    throw new Error(`${service} has routes with optional authentication and no way to verify a token`)
  }
  const endpoints = createEndpoints(routes, handlers as Record<string, unknown>)
  const finish = createFinish(corsOrigins)

  const handler = middy<Exchange, ApiResult>(createDispatch(routes, dependencies), {
    timeoutEarlyInMillis: reserveMs,
    timeoutEarlyResponse: () => {
      onTimeout?.()
      throw new AppError('unavailable', 'This took too long')
    },
    requestStart: (request) => {
      request.event = openExchange(request.event as ApiEvent, endpoints)
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

/** Authenticates before it reads the rest, so that a stranger learns nothing from what is wrong with it. */
function createDispatch(routes: Routes, dependencies: ApiDependencies) {
  const { loadRoutes = async () => Object.values(routes) } = dependencies
  const authenticate = createAuthentication(dependencies)

  return async (exchange: Exchange): Promise<ApiResult> => {
    const { event, requestId } = exchange
    const { route, handle } = exchange.endpoint ?? refuseUnknown(await loadRoutes(), event.rawPath)
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
}

function createEndpoints(routes: Routes, handlers: Readonly<Record<string, unknown>>) {
  const entries = Object.entries(routes).map(([name, route]): [string, Endpoint] => [
    routeKey(route),
    { route, handle: handlers[name] as Endpoint['handle'] },
  ])
  return new Map(entries)
}

/** The gateway's own refusals are no problem documents, so what it matches with no route is refused here. */
function refuseUnknown(routes: readonly Route[], path: string): never {
  const allowed = routes.filter((route) => fits(route.path, path))
  if (allowed.length === 0) throw new AppError('not_found')
  const allow = allowed.map(({ method }) => method).join(', ')
  throw new AppError('method_not_allowed', undefined, { headers: { allow } })
}

function fits(template: string, path: string): boolean {
  const given = path.split('/')
  const parts = template.split('/')
  return (
    parts.length === given.length &&
    parts.every((part, at) => (part.startsWith('{') ? given[at] !== '' : part === given[at]))
  )
}
