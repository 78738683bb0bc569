import type { Route } from './route.ts'

const securityHeaders = {
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
}

/** Readable by scripts of another origin. */
const exposedHeaders =
  'ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id'

/** Whether answers hold tokens that let somebody in. */
export const givesCredentials = ({ path }: Pick<Route, 'path'>) => /^\/api\/v1\/(auth|chat)\//.test(path)

/** Answers that carry credentials or bearer URLs are kept by nobody; all others are asked for anew. */
export const cacheControl = (route: Route) =>
  route.auth === 'iam' || givesCredentials(route) ? 'no-store' : 'private, no-cache'

/**
 * The headers of every answer. The preflight is not here: the gateway answers OPTIONS from its own CORS
 * settings, made of the same list, and then replaces these with its own. They matter wherever it does not,
 * and caches need the `Vary` in any case.
 */
export function createStandardHeaders(corsOrigins: readonly string[]) {
  const allowed = new Set(corsOrigins)
  return (requestId: string, origin: string | undefined): Record<string, string> => ({
    ...securityHeaders,
    'x-request-id': requestId,
    vary: 'Origin',
    ...(origin && allowed.has(origin) ? corsHeaders(origin) : undefined),
  })
}

const corsHeaders = (origin: string) => ({
  'access-control-allow-origin': origin,
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': exposedHeaders,
})
