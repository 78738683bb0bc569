import { AppError } from '../../../lib/errors.ts'
import { Reply } from '../../../lib/http/route.ts'
import { call } from '../../support/api.ts'
import { actor, createThingsApi, row, thingId, thingRoutes } from '../../support/things-api.ts'

const { readThing, listThings, removeThing, reportThing, logIn, createThing } = thingRoutes
const params = { thing_id: thingId }
const api = createThingsApi(
  {
    removeThing: () => Promise.reject(new AppError('conflict')),
    reportThing: () => Promise.reject(new Error('broken')),
  },
  { corsOrigins: ['https://veza.example', 'https://admin.veza.example'] },
)

const outcomes = [
  { name: 'a success', route: readThing, status: 200 },
  { name: 'a refusal', route: removeThing, status: 409 },
  { name: 'a failure', route: reportThing, status: 500 },
  { name: 'a body that cannot be read', route: createThing, status: 422 },
  { name: 'an unknown route', route: { ...readThing, path: '/nowhere' } as const, status: 404 },
]

test.each(outcomes)('protects $name by its headers', async ({ route, status }) => {
  const answer = await call(api, route, { actor, params })

  expect(answer.status).toBe(status)
  expect(answer.headers).toMatchObject({
    'strict-transport-security': expect.stringMatching(/^max-age=(3[2-9]|[4-9]\d)\d{6}; includeSubDomains$/),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    vary: expect.stringMatching(/^Origin\b/),
  })
})

test.each(outcomes)('returns the request id with $name', async ({ route }) => {
  const answer = await call(api, route, { actor, params, headers: { 'X-Request-Id': 'my-request_01' } })

  expect(answer.headers['x-request-id']).toBe('my-request_01')
})

test.each(['short', 'x'.repeat(65), 'with blank 1', 'new\nline-header', 'ünïcödé-id', ''])(
  'makes its own request id instead of %j',
  async (id) => {
    const { headers } = await call(api, logIn, { headers: { 'x-request-id': id } })

    expect(headers['x-request-id']).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
  },
)

test('makes another request id for every request', async () => {
  const [one, two] = await Promise.all([call(api, logIn), call(api, logIn)])

  expect(one.headers['x-request-id']).not.toBe(two.headers['x-request-id'])
})

test.each(outcomes)('lets an origin of the list read $name', async ({ route }) => {
  const origin = 'https://veza.example'

  const { headers } = await call(api, route, { actor, params, headers: { origin } })

  expect(headers).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': expect.stringContaining('ETag'),
    vary: expect.stringMatching(/^Origin\b/),
  })
})

test.each([
  'https://evil.example',
  'http://veza.example',
  'https://veza.example:8443',
  'https://veza.example.evil.example',
  'https://VEZA.example',
  'null',
  '*',
])('does not let the origin %s read', async (origin) => {
  const { headers } = await call(api, logIn, { headers: { origin } })

  expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  expect(headers.vary).toMatch(/^Origin\b/)
})

test.each([
  { name: 'of a login', route: logIn, cache: 'no-store' },
  { name: 'for another server of ours', route: reportThing, cache: 'no-store' },
  { name: 'with data', route: readThing, cache: 'private, no-cache' },
])('tells caches to treat an answer $name as $cache', async ({ route, cache }) => {
  const plain = createThingsApi()

  expect((await call(plain, route, { actor, params })).headers['cache-control']).toBe(cache)
})

test.each([
  { name: 'a signed-in user', route: readThing, vary: 'Origin, Authorization' },
  { name: 'a user or a guest', route: listThings, vary: 'Origin, Authorization' },
  { name: 'anyone', route: logIn, vary: 'Origin' },
])('tells caches what an answer to $name varies by', async ({ route, vary }) => {
  expect((await call(createThingsApi(), route, { actor, params })).headers.vary).toBe(vary)
})

test('lets no cache keep a problem', async () => {
  expect((await call(api, removeThing, { actor, params })).headers['cache-control']).toBe('no-store')
})

test('lets a reply say otherwise, and adds what it varies by', async () => {
  const special = createThingsApi({
    readThing: async () => new Reply(row, { headers: { 'cache-control': 'no-store', vary: 'Accept' } }),
  })

  const { headers } = await call(special, readThing, { actor, params })

  expect(headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Origin, Authorization, Accept' })
})
