import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import * as z from 'zod/mini'
import { writeCookie } from './cookies.ts'
import { isUnchanged } from './etag.ts'
import { cacheControl } from './headers.ts'
import { noContent, Reply, type Route } from './route.ts'

/** Only what the route's schema names goes out, so that no column leaks by being selected. */
export function toResponse(
  route: Route,
  result: unknown,
  requestHeaders: Readonly<Record<string, string | undefined>>,
): APIGatewayProxyStructuredResultV2 {
  const { body, options } = result instanceof Reply ? result : new Reply(result)
  const { etag, status = route.status } = options
  const headers = {
    'cache-control': cacheControl(route),
    ...(etag && { etag }),
    ...options.headers,
    ...variesBy(route, options.headers?.vary),
  }
  const cookies = options.cookies && { cookies: options.cookies.map(writeCookie) }
  if (etag && route.method === 'GET' && isUnchanged(requestHeaders, etag)) return { statusCode: 304, headers }
  if (route.response === noContent || isElsewhere(route, status)) {
    return { statusCode: status, headers, ...cookies }
  }
  return { ...withBody(route, body, { statusCode: status, headers }), ...cookies }
}

const isElsewhere = ({ moves, refers }: Route, status: number) =>
  (moves && status === 308) || (refers && status === 303)

/** Else a browser shows the next user what it keeps of the last one: their entity tags may be the same. */
function variesBy({ auth, headers = {}, alternative }: Route, vary: string | undefined) {
  const names = [
    ...(auth === 'user' || auth === 'optional' ? ['Authorization'] : []),
    ...Object.keys(headers),
    ...(alternative ? ['Accept'] : []),
    ...(vary ? [vary] : []),
  ]
  return names.length > 0 && { vary: names.join(', ') }
}

function withBody(
  route: Route,
  body: unknown,
  { statusCode, headers }: Head,
): APIGatewayProxyStructuredResultV2 {
  if (body === undefined) throw new Error(`The handler of ${route.method} ${route.path} answered nothing`)
  const isAlternative = route.alternative !== undefined && body instanceof Uint8Array
  const encoded = isAlternative ? body : z.encode(route.response, body)
  const type = (isAlternative ? route.alternative : route.produces) ?? 'application/json'
  const all = { 'content-type': type, ...headers }
  if (encoded instanceof Uint8Array) {
    return {
      statusCode,
      headers: all,
      body: Buffer.from(encoded).toString('base64'),
      isBase64Encoded: true,
    }
  }
  return { statusCode, headers: all, body: isJson(type) ? JSON.stringify(encoded) : String(encoded) }
}

interface Head {
  readonly statusCode: number
  readonly headers: Record<string, string>
}

const isJson = (type: string) => /[/+]json\b/.test(type)
