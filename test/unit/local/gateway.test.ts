import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Gateway, startGateway } from '../../../infra/local/gateway/gateway.ts'
import { createRouter } from '../../../infra/local/gateway/routes.ts'
import type { Outcome } from '../../../infra/local/lambda/outcome.ts'
import type { Logger } from '../../../infra/local/log.ts'
import { createTemplate, type ResourceDocument, type Template } from '../../../infra/local/template.ts'

const functionArn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`

const route = (key: string, properties: object = {}): ResourceDocument => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ApiId: { Ref: 'Api' },
    RouteKey: key,
    Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
    ...properties,
  },
})

const user = { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Authorizer' } }

const resources: Readonly<Record<string, ResourceDocument>> = {
  Api: {
    Type: 'AWS::ApiGatewayV2::Api',
    Properties: {
      CorsConfiguration: {
        AllowOrigins: ['https://app.example'],
        AllowMethods: ['GET', 'POST'],
        AllowHeaders: ['authorization'],
        ExposeHeaders: ['etag'],
        AllowCredentials: true,
        MaxAge: 600,
      },
    },
  },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: { PayloadFormatVersion: '2.0', IntegrationUri: functionArn('things'), TimeoutInMillis: 200 },
  },
  Authorizer: {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: {
      EnableSimpleResponses: true,
      AuthorizerUri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn('authorizer')}/invocations`,
      IdentitySource: ['$request.header.Authorization'],
      AuthorizerResultTtlInSeconds: 60,
    },
  },
  List: route('GET /things'),
  Create: route('POST /things'),
  Read: route('GET /things/{thing_id}'),
  Own: route('GET /things/mine', user),
  Parts: route('ANY /things/{thing_id}/{path+}'),
  Internal: route('POST /internal/{thing_id}', { AuthorizationType: 'AWS_IAM' }),
}

type Event = Record<string, never> & { routeKey: string; requestContext: Record<string, never> }
type Answering = (event: Event) => unknown

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const answered = (result: unknown): Outcome => ({ payload: JSON.stringify(result) ?? 'null', requestId: 'r' })
const echo: Answering = (event) => ({ statusCode: 200, body: JSON.stringify(event) })

let gateway: Gateway
let answer: Answering
let authorize: Answering
const authorized: Event[] = []

beforeAll(async () => {
  const template = createTemplate(new Map([['App', { Resources: resources }]]), {}) as Template
  gateway = await startGateway({
    template,
    port: await freePort(),
    invoke: async (target, payload) => {
      const event = JSON.parse(payload)
      if (target !== functionArn('authorizer')) return answered(await answer(event))
      authorized.push(event)
      return answered(await authorize(event))
    },
    verifyGatewayCall: async (call) =>
      call.headers.authorization === 'AWS4 good'
        ? {
            principal: {
              name: 'stream_server',
              arn: 'arn:aws:iam::000000000000:user/stream_server',
              accessKeyId: 'AKIA',
              ...{ asked: call.resourceArn },
            },
          }
        : { problem: 'no signature' },
    page: async () => undefined,
    control: async (method, path) =>
      path === '/_local/iam' ? { status: 200, headers: {}, body: `control ${method}` } : undefined,
    logger: quiet,
  })
})

beforeEach(() => {
  answer = echo
  authorize = () => ({ isAuthorized: true, context: { id: 'u1', expires_at: 5 } })
  authorized.length = 0
})

afterAll(() => gateway.close())

async function freePort(): Promise<number> {
  const server = http.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function request(method: string, path: string, init: RequestInit = {}) {
  const response = await fetch(gateway.url + path, { method, ...init })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}

test.each([
  ['GET', '/things', 'GET /things'],
  ['GET', '/things/1', 'GET /things/{thing_id}'],
  ['POST', '/things/1/parts/2', 'ANY /things/{thing_id}/{path+}'],
])('takes %s %s to the most specific route', async (method, path, routeKey) => {
  expect((await request(method, path)).json().routeKey).toBe(routeKey)
})

test.each([
  ['GET', '/nothing'],
  ['GET', '/things/'],
  ['DELETE', '/things/1'],
])('knows no %s %s', async (method, path) => {
  expect(await request(method, path)).toMatchObject({ status: 404, text: '{"message":"Not Found"}' })
})

test('builds the event of payload 2.0', async () => {
  const { text } = await request('POST', '/things?tag=a&tag=b%20c&q=', {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      cookie: 'a=1; b=2',
      'X-Request-Id': 'abc',
      'user-agent': 'jest',
      'x-local-client-ip': '203.0.113.9',
    },
    body: '{"name":"é"}',
  })

  expect(JSON.parse(text)).toEqual({
    version: '2.0',
    routeKey: 'POST /things',
    rawPath: '/things',
    rawQueryString: 'tag=a&tag=b%20c&q=',
    cookies: ['a=1', 'b=2'],
    headers: expect.objectContaining({
      'content-type': 'application/json; charset=utf-8',
      'x-request-id': 'abc',
      'x-forwarded-for': '203.0.113.9',
    }),
    queryStringParameters: { tag: 'a,b c', q: '' },
    requestContext: {
      accountId: '000000000000',
      apiId: expect.stringMatching(/^[0-9a-f]{10}$/),
      domainName: expect.any(String),
      domainPrefix: '127',
      http: {
        method: 'POST',
        path: '/things',
        protocol: 'HTTP/1.1',
        sourceIp: '203.0.113.9',
        userAgent: 'jest',
      },
      requestId: expect.stringMatching(/^[\w-]{15}=$/),
      routeKey: 'POST /things',
      stage: '$default',
      time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      timeEpoch: expect.any(Number),
    },
    body: '{"name":"é"}',
    isBase64Encoded: false,
  })
  expect(JSON.parse(text).headers).not.toHaveProperty('x-local-client-ip')
  expect(JSON.parse(text).headers).not.toHaveProperty('cookie')
})

test('does not take for an address what is none', async () => {
  const { text } = await request('POST', '/things', { headers: { 'x-local-client-ip': 'not an address' } })

  expect(JSON.parse(text).requestContext.http.sourceIp).toBe('127.0.0.1')
})

test('takes the address from the socket when no test names one', async () => {
  const { requestContext, headers } = (
    await request('GET', '/things', { headers: { 'x-forwarded-for': '198.51.100.1' } })
  ).json()

  expect(requestContext.http.sourceIp).toBe('127.0.0.1')
  expect(headers['x-forwarded-for']).toBe('198.51.100.1, 127.0.0.1')
})

test('decodes path parameters', async () => {
  expect((await request('GET', '/things/a%2Fb%20%C3%A9')).json().pathParameters).toEqual({
    thing_id: 'a/b é',
  })
})

test.each([
  ['bytes of another type', 'application/octet-stream', Buffer.from([1, 2, 255])],
  ['a form', 'application/x-www-form-urlencoded', Buffer.from('a=1')],
  ['JSON that is no UTF-8', 'application/json', Buffer.from([0x22, 0xff, 0x22])],
])('passes %s on in base64', async (_name, type, body) => {
  const event = (await request('POST', '/things', { headers: { 'content-type': type }, body })).json()

  expect(event).toMatchObject({ isBase64Encoded: true, body: body.toString('base64') })
})

test.each([
  ['a bare object', { id: 1 }, 200, 'application/json', '{"id":1}'],
  ['nothing', undefined, 200, 'application/json', 'null'],
  ['a status and text', { statusCode: 202, body: 'ok' }, 202, 'text/plain;charset=utf-8', 'ok'],
  [
    'bytes in base64',
    { statusCode: 200, headers: { 'Content-Type': 'image/png' }, body: 'AQID', isBase64Encoded: true },
    200,
    'image/png',
    '\u0001\u0002\u0003',
  ],
  [
    'a body that is no text',
    { statusCode: 200, body: { a: 1 } },
    500,
    'application/json',
    '{"message":"Internal Server Error"}',
  ],
  [
    'a status that is none',
    { statusCode: 'ok' },
    500,
    'application/json',
    '{"message":"Internal Server Error"}',
  ],
])('answers with %s', async (_name, result, status, type, text) => {
  answer = () => result

  const got = await request('GET', '/things')

  expect(got).toMatchObject({ status, text })
  expect(got.headers.get('content-type')).toBe(type)
})

test('sets headers and cookies', async () => {
  answer = () => ({
    statusCode: 204,
    headers: { ETag: '"1"', 'X-Count': 3 },
    cookies: ['a=1; HttpOnly', 'b=2'],
  })

  const { status, headers } = await request('GET', '/things')

  expect(status).toBe(204)
  expect(headers.get('etag')).toBe('"1"')
  expect(headers.get('x-count')).toBe('3')
  expect(headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2'])
})

test('answers 503 when the function takes longer than the integration waits', async () => {
  answer = () => new Promise((resolve) => setTimeout(resolve, 400))

  expect(await request('GET', '/things')).toMatchObject({
    status: 503,
    text: '{"message":"Service Unavailable"}',
  })
})

test.each([
  ['the gateway takes', 11],
  ['Lambda takes', 7],
])('refuses a body above what %s', async (_who, megabytes) => {
  const body = 'x'.repeat(megabytes * 1024 * 1024)

  expect((await request('POST', '/things', { headers: { 'content-type': 'text/plain' }, body })).status).toBe(
    413,
  )
})

test('refuses a missing token without asking the authorizer', async () => {
  expect(await request('GET', '/things/mine')).toMatchObject({
    status: 401,
    text: '{"message":"Unauthorized"}',
  })
  expect(authorized).toEqual([])
})

test('passes the context of the authorizer on, and asks once a token', async () => {
  const own = (token: string) => request('GET', '/things/mine', { headers: { authorization: token } })

  const events = [(await own('t1')).json(), (await own('t1')).json(), (await own('t2')).json()]

  expect(events.map(({ requestContext }) => requestContext.authorizer)).toEqual(
    Array(3).fill({ lambda: { id: 'u1', expires_at: 5 } }),
  )
  expect(authorized.map(({ identitySource }) => identitySource)).toEqual([['t1'], ['t2']])
  expect(authorized[0]).toMatchObject({
    type: 'REQUEST',
    routeKey: 'GET /things/mine',
    routeArn: expect.stringMatching(
      /^arn:aws:execute-api:us-east-1:000000000000:\w+\/\$default\/GET\/things\/mine$/,
    ),
  })
})

test.each([
  ['says no', { isAuthorized: false }, 403, '{"message":"Forbidden"}'],
  ['gives no verdict', { policy: {} }, 500, '{"message":"Internal Server Error"}'],
])('refuses when the authorizer %s', async (name, verdict, status, text) => {
  authorize = () => verdict

  expect(await request('GET', '/things/mine', { headers: { authorization: name } })).toMatchObject({
    status,
    text,
  })
})

test('lets only signed calls onto a route of IAM', async () => {
  const good = await request('POST', '/internal/7', { headers: { authorization: 'AWS4 good' } })

  expect(good.json().requestContext.authorizer.iam).toMatchObject({
    accessKey: 'AKIA',
    userArn: 'arn:aws:iam::000000000000:user/stream_server',
  })
  expect(await request('POST', '/internal/7')).toMatchObject({ status: 403, text: '{"message":"Forbidden"}' })
})

test('answers a preflight itself', async () => {
  const ask = (origin: string) =>
    request('OPTIONS', '/things', { headers: { origin, 'access-control-request-method': 'POST' } })

  const allowed = await ask('https://app.example')
  const other = await ask('https://evil.example')

  expect(allowed.status).toBe(204)
  expect(Object.fromEntries(allowed.headers)).toMatchObject({
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-methods': 'GET,POST',
    'access-control-allow-headers': 'authorization',
    'access-control-allow-credentials': 'true',
    'access-control-max-age': '600',
  })
  expect(other.headers.has('access-control-allow-origin')).toBe(false)
})

test('replaces the CORS headers of a function by its own', async () => {
  answer = () => ({ statusCode: 200, headers: { 'access-control-allow-origin': '*' }, body: '' })
  const from = (origin: string) => request('GET', '/things', { headers: { origin } })

  expect((await from('https://app.example')).headers.get('access-control-allow-origin')).toBe(
    'https://app.example',
  )
  expect((await from('https://app.example')).headers.get('access-control-expose-headers')).toBe('etag')
  expect((await from('https://evil.example')).headers.has('access-control-allow-origin')).toBe(false)
})

test('keeps the routes of the platform to itself', async () => {
  expect((await request('GET', '/_local/iam')).text).toBe('control GET')
  expect((await request('GET', '/_local/other')).status).toBe(404)
})

describe('with a $default route', () => {
  it.each([
    ['GET', '/things/1', 'GET /things/{thing_id}'],
    ['GET', '/elsewhere/1', '$default'],
    ['DELETE', '/things/1', '$default'],
    ['OPTIONS', '/things', '$default'],
    ['GET', '/', '$default'],
  ])('serves %s %s by %s', (method, given, key) => {
    const route = (routeKey: string) => {
      const [verb = '', template = ''] = routeKey.split(' ')
      const rest = { authorization: 'NONE', target: 'things', timeoutMs: 1 } as const
      return { ...rest, key: routeKey, method: verb, segments: template.split('/').slice(1) }
    }
    const find = createRouter(['$default', 'GET /things/{thing_id}', 'POST /things'].map(route))

    expect(find(method, given)?.route.key).toBe(key)
  })
})
