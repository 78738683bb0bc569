import { routeGroups } from '../../functions/routes.ts'
import type { Auth, Route } from '../../lib/http/route.ts'
import { routeKey } from '../../lib/http/route.ts'
import { functionsByName, resources, synthesize, target } from './synth.ts'

const stage = synthesize('dev')
const routes = new Map(
  resources(stage.routes, 'AWS::ApiGatewayV2::Route').map((route) => [route.Properties.RouteKey, route]),
)
const integrations = resources(stage.routes, 'AWS::ApiGatewayV2::Integration')
const authorizers = resources(stage.app, 'AWS::ApiGatewayV2::Authorizer')

const authorizationTypes: Readonly<Record<Auth, string>> = {
  none: 'NONE',
  optional: 'NONE',
  signature: 'NONE',
  user: 'CUSTOM',
  iam: 'AWS_IAM',
}

const table = Object.entries(routeGroups).flatMap(([group, routes]) =>
  Object.values<Route>(routes).map((route) => ({ key: routeKey(route), group, auth: route.auth })),
)

const fallback = { key: '$default', group: 'system', auth: 'none' as const }

it('declares the routes of the table, and one for what none of them matches', () => {
  expect([...routes.keys()].sort()).toEqual([...table, fallback].map(({ key }) => key).sort())
})

it.each([...table, fallback])('$key is authorized as the table says ($auth)', ({ key, auth }) => {
  const { AuthorizationType, AuthorizerId } = routes.get(key)!.Properties
  expect(AuthorizationType).toBe(authorizationTypes[auth])
  if (auth === 'user') expect(target(AuthorizerId)).toContain(authorizers[0]!.id)
  else expect(AuthorizerId).toBeUndefined()
})

it.each([...table, fallback])('$key is served by the function of its group', ({ key, group }) => {
  const id = routes.get(key)!.Properties.Target['Fn::Join'][1].at(-1).Ref
  const integration = integrations.find((candidate) => candidate.id === id)!
  // The function is in another stack, which exports it under its id.
  expect(target(integration.Properties.IntegrationUri)).toContain(functionsByName(stage).get(group)!.id)
  expect(integration.Properties.PayloadFormatVersion).toBe('2.0')
})

it('gives every function one integration and one permission, however many routes it has', () => {
  const groups = new Set(table.map(({ group }) => group))
  expect(integrations).toHaveLength(groups.size)
  const callers = resources(stage.routes, 'AWS::Lambda::Permission').map(({ Properties }) =>
    target(Properties.FunctionName),
  )
  expect(callers).toHaveLength(new Set(callers).size)
})

it('asks one authorizer with the Authorization header and remembers its answer for a minute', () => {
  expect(authorizers.map(({ Properties }) => Properties)).toEqual([
    expect.objectContaining({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization'],
      AuthorizerResultTtlInSeconds: 60,
    }),
  ])
})

it('answers preflights for exact origins only', () => {
  const [api] = resources(stage.app, 'AWS::ApiGatewayV2::Api')
  expect(api!.Properties.CorsConfiguration).toMatchObject({
    AllowCredentials: true,
    AllowOrigins: { Ref: 'CorsOrigins' },
  })
  expect(stage.app.findParameters('CorsOrigins').CorsOrigins).toMatchObject({
    Type: 'CommaDelimitedList',
    Default: expect.not.stringContaining('*'),
  })
})

it('throttles the stage, and harder where passwords and tokens can be guessed', () => {
  const [gateway] = resources(stage.routes, 'AWS::ApiGatewayV2::Stage')
  const { DefaultRouteSettings, RouteSettings, AccessLogSettings } = gateway!.Properties
  const guessable = table.filter(({ group, auth }) => group === 'auth' && auth === 'none')

  expect(Object.keys(RouteSettings).sort()).toEqual(guessable.map(({ key }) => key).sort())
  for (const { ThrottlingRateLimit } of Object.values<{ ThrottlingRateLimit: number }>(RouteSettings)) {
    expect(ThrottlingRateLimit).toBeLessThan(DefaultRouteSettings.ThrottlingRateLimit)
  }
  expect(gateway!.DependsOn).toEqual(expect.arrayContaining(guessable.map(({ key }) => routes.get(key)!.id)))
  expect(AccessLogSettings.Format).not.toMatch(/header|querystring|\$context\.path/i)
})
