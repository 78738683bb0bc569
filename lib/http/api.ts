import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import type { OnRefused } from '../audit/refusals.ts'
import type { Actor } from '../auth/actor.ts'
import { AppError, type ProblemCode } from '../errors.ts'
import { logger } from '../logger.ts'
import { requireAccess } from './access.ts'
import { type AuthenticationDependencies, createAuthentication } from './authentication.ts'
import { readBytes, readJson } from './body.ts'
import { readCookies } from './cookies.ts'
import {
  type ApiEvent,
  type ApiResult,
  createFinish,
  type Endpoint,
  type Exchange,
  openExchange,
} from './exchange.ts'
import { type RunOnce, readIdempotencyKey } from './idempotency.ts'
import { readBody, readParams, readQuery } from './input.ts'
import { asAppError, toProblem } from './problem.ts'
import type { TakeCall } from './rate-limit.ts'
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
  readonly takeCall: TakeCall
  /** For calls that are named by an `Idempotency-Key`; without it the header says nothing. */
  readonly runOnce?: RunOnce
  /** Told of a signed-in caller who is refused for who they are; the answer waits for it. */
  readonly onRefused?: OnRefused
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
  if (!dependencies.runOnce && Object.values(routes).some(({ idempotency }) => idempotency === 'required')) {
    throw new Error(`${service} has routes that ask for an Idempotency-Key and no memory of them`)
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
  handler.onError(async (request) => {
    const { error: cause } = request
    const error = asAppError(cause)
    if (refusalCodes.has(error.code)) await tellRefused(request.event, error, dependencies)
    const problem = toProblem(error, request.event.requestId)
    if (problem.statusCode! >= 500) logger.error('request failed', cause instanceof Error ? cause : error)
    request.response = problem
  })
  return handler as unknown as ApiHandler
}

/** What a caller who is known is refused for, by the table or by a rule of what they would do. */
const refusalCodes: ReadonlySet<ProblemCode> = new Set(['forbidden', 'step_up_required'])

async function tellRefused(exchange: Exchange, { code }: AppError, { onRefused }: ApiDependencies) {
  const { actor, endpoint, event, requestId } = exchange
  if (!actor || !endpoint) return
  const { sourceIp: ip, userAgent } = event.requestContext.http
  await onRefused?.({ actor, code, route: routeKey(endpoint.route) }, { ip, userAgent, requestId })
}

/** Authenticates before it reads the rest, so that a stranger learns nothing from what is wrong with it. */
function createDispatch(routes: Routes, dependencies: ApiDependencies) {
  const {
    loadRoutes = async () => Object.values(routes),
    takeCall,
    runOnce,
    now = () => new Date(),
  } = dependencies
  const authenticate = createAuthentication(dependencies)

  /** Counts the call for whoever makes it: by address where that is nobody, or nobody we know. */
  const admit = async (exchange: Exchange, { auth, policy }: Route) => {
    const ip = exchange.event.requestContext.http.sourceIp
    const count = async (actor: Actor | undefined) => {
      exchange.allowance = await takeCall(policy.limit, { actor, ip })
    }
    const actor = await authenticate(auth, exchange.event).catch(async (refusal) => {
      await count(undefined)
      throw refusal
    })
    await count(actor)
    return actor
  }

  /** The gateway's own refusals are no problem documents, so what it matches with no route is refused here. */
  const refuse = async (exchange: Exchange) => {
    const { rawPath, requestContext } = exchange.event
    exchange.allowance = await takeCall('read', { actor: undefined, ip: requestContext.http.sourceIp })
    return refuseUnknown(await loadRoutes(), rawPath)
  }

  return async (exchange: Exchange): Promise<ApiResult> => {
    const { event, requestId } = exchange
    const { route, handle } = exchange.endpoint ?? (await refuse(exchange))
    exchange.actor = await admit(exchange, route)
    requireAccess(route, exchange.actor, now())
    const key = readIdempotencyKey(route, event.headers)
    const rawBody = readBytes(event)
    const request = await readRequest(exchange, route, rawBody)
    const run = async () => toResponse(route, await handle(request), event.headers)
    if (key === undefined || !runOnce) return run()
    return runOnce({ key, userId: exchange.actor!.id, route, event, rawBody, requestId }, run)
  }
}

/** All that is sent, by the schemas of the route. */
async function readRequest({ event, actor, requestId }: Exchange, route: Route, rawBody: Buffer) {
  return {
    params: readParams(route.params, event.pathParameters),
    query: readQuery(route.query, event.queryStringParameters),
    body: route.body && readBody(route.body, await readJson(event, rawBody)),
    actor,
    headers: event.headers,
    cookies: readCookies(event.cookies),
    rawBody,
    requestId,
    ip: event.requestContext.http.sourceIp,
    userAgent: event.requestContext.http.userAgent,
  } as Request
}

function createEndpoints(routes: Routes, handlers: Readonly<Record<string, unknown>>) {
  const entries = Object.entries(routes).map(([name, route]): [string, Endpoint] => [
    routeKey(route),
    { route, handle: handlers[name] as Endpoint['handle'] },
  ])
  return new Map(entries)
}

function refuseUnknown(routes: readonly Route[], path: string): never {
  const allowed = routes.filter((route) => fits(route.path, path))
  if (allowed.length === 0) throw new AppError('not_found')
  const allow = [...new Set(allowed.map(({ method }) => method))].join(', ')
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
