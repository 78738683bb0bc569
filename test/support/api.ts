import type { Context } from 'aws-lambda'
import type * as z from 'zod/mini'
import type { Actor, Refusal } from '../../lib/auth/actor.ts'
import type { ApiHandler } from '../../lib/http/api.ts'
import type { ApiEvent } from '../../lib/http/exchange.ts'
import type { Problem } from '../../lib/http/problem.ts'
import { type Route, routeKey } from '../../lib/http/route.ts'

export interface CallOptions {
  /** The user the authorizer vouches for; for `optional` routes send an `authorization` header instead. */
  readonly actor?: Actor | undefined
  /** Why the authorizer found the presented token bad. */
  readonly reason?: Refusal
  /** Seconds since 1970; one hour ahead unless said otherwise. */
  readonly expires_at?: number
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is: text, or bytes as the gateway passes them on (base64). */
  readonly rawBody?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** As `name=value`. */
  readonly cookies?: readonly string[]
  readonly ip?: string
  readonly userAgent?: string
}

/** Of somebody who listens: a program's plays do not count. */
export const browser =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

export interface CallResult<R extends Route> {
  readonly status: number
  readonly type: string | undefined
  readonly headers: Readonly<Record<string, string>>
  /** The `Set-Cookie` headers. */
  readonly cookies: readonly string[]
  /** What the route answers with on a success, as it is on the wire. */
  readonly body: z.input<R['response']>
  /** The same body, for whoever expects a refusal. */
  readonly problem: Problem
  readonly text: string
  /** What it is where it is no text. */
  readonly bytes: Buffer
}

/** Calls a handler as API Gateway would, for one row of the route table. */
export async function call<R extends Route>(
  handler: ApiHandler,
  route: R,
  options: CallOptions = {},
): Promise<CallResult<R>> {
  const {
    statusCode = 500,
    headers,
    cookies = [],
    body = '',
    isBase64Encoded,
  } = await handler(httpEvent(route, options), context())
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
  const text = bytes.toString()
  const texts = Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]),
  )
  const type = texts['content-type']
  const value = type?.includes('json') && text ? JSON.parse(text) : undefined
  return { status: statusCode, type, headers: texts, cookies, body: value, problem: value, text, bytes }
}

/** A payload of format 2.0. */
export function httpEvent(route: Pick<Route, 'method' | 'path'>, options: CallOptions = {}): ApiEvent {
  const { params = {}, query, cookies, ip = '192.0.2.1', userAgent = 'veza-tests' } = options
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ''))
  const entries = Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, String(value)])
  return {
    version: '2.0',
    routeKey: routeKey(route),
    rawPath: path,
    rawQueryString: new URLSearchParams(entries).toString(),
    headers: headersOf(options),
    ...(cookies && { cookies }),
    ...(entries.length > 0 && { queryStringParameters: Object.fromEntries(entries) }),
    ...(Object.keys(params).length > 0 && { pathParameters: { ...params } }),
    ...bodyOf(options),
    requestContext: {
      requestId: 'gateway-request-id',
      routeKey: routeKey(route),
      stage: '$default',
      http: { method: route.method, path, protocol: 'HTTP/1.1', sourceIp: ip, userAgent },
      ...authorizerOf(options),
    },
  } as unknown as ApiEvent
}

/** A limiter for tests that are about something else. */
export const unlimited = async () => undefined

/** What a token says of when and how its user signed in. */
export const justSignedIn = () => ({ auth_time: Math.floor(Date.now() / 1000), acr: 'aal1' }) as const

/** What Lambda passes beside the event. */
export const context = (remainingMs = 10_000) =>
  ({
    functionName: 'test',
    awsRequestId: 'invocation',
    getRemainingTimeInMillis: () => remainingMs,
  }) as Context

function headersOf({ headers = {}, body, rawBody }: CallOptions) {
  const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  const type = body === undefined && rawBody === undefined ? {} : { 'content-type': 'application/json' }
  return { ...type, ...Object.fromEntries(lowered) }
}

function bodyOf({ body, rawBody }: CallOptions) {
  if (rawBody instanceof Uint8Array) {
    return { body: Buffer.from(rawBody).toString('base64'), isBase64Encoded: true }
  }
  const text = rawBody ?? (body === undefined ? undefined : JSON.stringify(body))
  return { ...(text !== undefined && { body: text }), isBase64Encoded: false }
}

function authorizerOf({ actor, reason, expires_at = Math.floor(Date.now() / 1000) + 3600 }: CallOptions) {
  if (reason) return { authorizer: { lambda: { reason } } }
  return actor ? { authorizer: { lambda: { ...actor, expires_at } } } : {}
}
