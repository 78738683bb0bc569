import type { Resource, Template } from '../template.ts'

export interface GatewayRoute {
  /** `GET /tracks/{track_id}`, `ANY /x`, or `$default`. */
  readonly key: string
  readonly method: string
  readonly segments: readonly string[]
  readonly authorization: 'NONE' | 'AWS_IAM' | 'CUSTOM'
  readonly authorizer?: AuthorizerSettings
  /** Name or ARN of the function behind it. */
  readonly target: string
  readonly timeoutMs: number
}

export interface AuthorizerSettings {
  readonly id: string
  readonly target: string
  readonly identitySources: readonly string[]
  readonly ttlSeconds: number
}

export interface Match {
  readonly route: GatewayRoute
  readonly params: Readonly<Record<string, string>>
}

export type Router = (method: string, path: string) => Match | undefined

const isGreedy = (segment: string) => segment.startsWith('{') && segment.endsWith('+}')
const isParam = (segment: string) => segment.startsWith('{')

/** As API Gateway chooses: the most specific path wins, segment by segment, and a named method beats `ANY`. */
export function createRouter(routes: readonly GatewayRoute[]): Router {
  const ordered = [...routes].sort(bySpecificity)
  return (method, path) => {
    const given = path.split('/').slice(1)
    for (const route of ordered) {
      if (!takes(route, method)) continue
      const params = matchSegments(route, given)
      if (params) return { route, params }
    }
    return undefined
  }
}

const takes = ({ key, method }: GatewayRoute, given: string) =>
  key === '$default' || method === 'ANY' || method === given

const rank = (segment: string | undefined) => {
  if (segment === undefined) return 3
  return isGreedy(segment) ? 2 : isParam(segment) ? 1 : 0
}

function bySpecificity(left: GatewayRoute, right: GatewayRoute): number {
  if (left.key === '$default' || right.key === '$default') return left.key === '$default' ? 1 : -1
  const length = Math.max(left.segments.length, right.segments.length)
  for (let at = 0; at < length; at += 1) {
    const difference = rank(left.segments[at]) - rank(right.segments[at])
    if (difference !== 0) return difference
  }
  return Number(left.method === 'ANY') - Number(right.method === 'ANY')
}

function matchSegments(route: GatewayRoute, given: readonly string[]): Record<string, string> | undefined {
  if (route.key === '$default') return {}
  const params: Record<string, string> = {}
  for (const [at, segment] of route.segments.entries()) {
    if (isGreedy(segment)) {
      const rest = given.slice(at).join('/')
      if (rest === '') return undefined
      params[segment.slice(1, -2)] = decode(rest)
      return params
    }
    const value = given[at]
    if (value === undefined) return undefined
    if (!isParam(segment)) {
      if (decode(value) !== segment) return undefined
    } else if (value === '') return undefined
    else params[segment.slice(1, -1)] = decode(value)
  }
  return given.length === route.segments.length ? params : undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Every route of an HTTP API, with what stands behind it. */
export function readRoutes(template: Template, api: Resource): GatewayRoute[] {
  return template
    .ofType('AWS::ApiGatewayV2::Route')
    .filter(({ properties }) => properties.ApiId === api.ref)
    .map((route) => toRoute(template, route))
}

function toRoute(template: Template, { properties, key }: Resource): GatewayRoute {
  const routeKey = String(properties.RouteKey)
  const [method = '', path = ''] = routeKey.split(' ')
  const integration = template.find(
    'AWS::ApiGatewayV2::Integration',
    String(properties.Target).split('/')[1] ?? '',
  )
  if (!integration) throw new Error(`${key}: no integration is ${String(properties.Target)}`)
  if (integration.properties.PayloadFormatVersion !== '2.0') {
    throw new Error(`${integration.key}: only payload format 2.0 runs here`)
  }
  const authorizer = authorizerOf(template, properties.AuthorizerId)
  return {
    key: routeKey,
    method,
    segments: path.split('/').slice(1),
    authorization: (properties.AuthorizationType ?? 'NONE') as GatewayRoute['authorization'],
    ...(authorizer && { authorizer }),
    target: functionOf(String(integration.properties.IntegrationUri)),
    timeoutMs: Number(integration.properties.TimeoutInMillis ?? 30_000),
  }
}

function authorizerOf(template: Template, id: unknown): AuthorizerSettings | undefined {
  if (id === undefined) return undefined
  const authorizer = template.find('AWS::ApiGatewayV2::Authorizer', String(id))
  if (!authorizer) throw new Error(`No authorizer is ${String(id)}`)
  const { properties, key } = authorizer
  if (properties.EnableSimpleResponses !== true) throw new Error(`${key}: only simple responses run here`)
  return {
    id: String(id),
    target: functionOf(String(properties.AuthorizerUri)),
    identitySources: (properties.IdentitySource ?? []) as string[],
    ttlSeconds: Number(properties.AuthorizerResultTtlInSeconds ?? 300),
  }
}

/** An integration names a function by its ARN, an authorizer by API Gateway's path around that ARN. */
function functionOf(uri: string): string {
  return /functions\/(arn:[^/]+)\/invocations/.exec(uri)?.[1] ?? uri
}
