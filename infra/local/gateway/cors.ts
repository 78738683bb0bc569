import type { Answer } from './answer.ts'
import type { GatewayRequest } from './event.ts'

/** `CorsConfiguration` of an HTTP API. */
export interface CorsSettings {
  readonly AllowOrigins?: readonly string[]
  readonly AllowMethods?: readonly string[]
  readonly AllowHeaders?: readonly string[]
  readonly ExposeHeaders?: readonly string[]
  readonly AllowCredentials?: boolean
  readonly MaxAge?: number
}

/** Answers a preflight before any route is looked at; undefined for every other request. */
export function preflight(settings: CorsSettings | undefined, request: GatewayRequest): Answer | undefined {
  if (!settings || request.method !== 'OPTIONS' || !request.headers['access-control-request-method'])
    return undefined
  const origin = allowedOrigin(settings, request)
  return {
    status: 204,
    headers: origin
      ? {
          ...sharedHeaders(settings, origin),
          'access-control-allow-methods': (settings.AllowMethods ?? []).join(','),
          'access-control-allow-headers': (settings.AllowHeaders ?? []).join(','),
          ...(settings.MaxAge !== undefined && { 'access-control-max-age': String(settings.MaxAge) }),
        }
      : {},
    body: '',
  }
}

/** Where CORS is configured the gateway's headers replace those of the function. */
export function withCors(
  settings: CorsSettings | undefined,
  request: GatewayRequest,
  answer: Answer,
): Answer {
  if (!settings) return answer
  const kept = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'))
  const origin = allowedOrigin(settings, request)
  const expose = settings.ExposeHeaders ?? []
  return {
    ...answer,
    headers: {
      ...Object.fromEntries(kept),
      ...(origin && sharedHeaders(settings, origin)),
      ...(origin && expose.length > 0 && { 'access-control-expose-headers': expose.join(',') }),
    },
  }
}

function sharedHeaders(settings: CorsSettings, origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    ...(settings.AllowCredentials && { 'access-control-allow-credentials': 'true' }),
  }
}

function allowedOrigin({ AllowOrigins = [] }: CorsSettings, { headers }: GatewayRequest): string | undefined {
  const origin = headers.origin
  if (!origin) return undefined
  if (AllowOrigins.includes('*')) return '*'
  return AllowOrigins.includes(origin) ? origin : undefined
}
