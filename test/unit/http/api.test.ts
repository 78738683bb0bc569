import { AppError } from '../../../lib/errors.ts'
import { createApi } from '../../../lib/http/api.ts'
import { Reply } from '../../../lib/http/route.ts'
import { call, context, httpEvent, unlimited } from '../../support/api.ts'
import { actor, createThingsApi, thingId, thingRoutes } from '../../support/things-api.ts'

const api = createThingsApi()
const params = { thing_id: thingId }

test('answers with what the schema names, and nothing else of the row', async () => {
  const { status, type, body } = await call(api, thingRoutes.readThing, { actor, params })

  expect(status).toBe(200)
  expect(type).toBe('application/json')
  expect(body).toEqual({ id: thingId, title: 'One', created_at: '1970-01-01T00:00:00.000Z' })
})

test('answers 204 with no body and no type', async () => {
  const { status, type, text } = await call(api, thingRoutes.removeThing, { actor, params })

  expect({ status, type, text }).toEqual({ status: 204, type: undefined, text: '' })
})

test('takes the status and the headers that a handler replies with', async () => {
  const changed = createThingsApi({
    logIn: async () => new Reply({ token: 't' }, { status: 202, headers: { location: '/x' } }),
  })

  const { status, headers, body } = await call(changed, thingRoutes.logIn)

  expect({ status, location: headers.location, body }).toEqual({
    status: 202,
    location: '/x',
    body: { token: 't' },
  })
})

test.each([
  { name: 'answers nothing', answer: undefined },
  { name: 'answers with another shape', answer: { tokens: 1 } },
  { name: 'answers with a reply that is empty', answer: new Reply(undefined) },
])('makes a 500 of a handler that $name', async ({ answer }) => {
  const broken = createThingsApi({ logIn: async () => answer as never })

  expect(await call(broken, thingRoutes.logIn)).toMatchObject({
    status: 500,
    type: 'application/problem+json',
    problem: { code: 'internal' },
  })
})

test('shows nothing of an error that it does not know', async () => {
  const failing = createThingsApi({ logIn: () => Promise.reject(new Error('password=hunter2')) })

  const { status, text, problem } = await call(failing, thingRoutes.logIn)

  expect(status).toBe(500)
  expect(problem.code).toBe('internal')
  expect(text).not.toContain('hunter2')
})

test('answers a refusal as a problem document', async () => {
  const refusing = createThingsApi({
    logIn: () =>
      Promise.reject(new AppError('rate_limited', 'Slow down', { headers: { 'retry-after': '9' } })),
  })

  const { status, type, headers, problem } = await call(refusing, thingRoutes.logIn, {
    headers: { 'X-Request-Id': 'request-1' },
  })

  expect({ status, type, retryAfter: headers['retry-after'] }).toEqual({
    status: 429,
    type: 'application/problem+json',
    retryAfter: '9',
  })
  expect(problem).toEqual({
    type: '/problems/rate_limited',
    title: 'Too many requests',
    status: 429,
    detail: 'Slow down',
    instance: '/requests/request-1',
    code: 'rate_limited',
    request_id: 'request-1',
  })
})

test('answers 404 for a route that the table does not have', async () => {
  const { status, problem } = await call(api, { method: 'GET', path: '/elsewhere' } as never)

  expect({ status, code: problem.code }).toEqual({ status: 404, code: 'not_found' })
  expect(problem.detail).toBe(problem.title)
})

test('answers 405 with the methods of the path where only the method is wrong', async () => {
  const { status, headers, problem } = await call(
    api,
    { ...thingRoutes.readThing, method: 'PATCH' },
    { params },
  )

  expect({ status, code: problem.code, allow: headers.allow }).toEqual({
    status: 405,
    code: 'method_not_allowed',
    allow: 'GET, DELETE',
  })
})

test('gives a handler up in time to answer 503, and tells', async () => {
  let abandoned = 0
  const never = createThingsApi({ logIn: () => new Promise(() => {}) }, { onTimeout: () => abandoned++ })

  const response = await never(httpEvent(thingRoutes.logIn), context(520))

  expect(response.statusCode).toBe(503)
  expect(response.headers).toMatchObject({ 'retry-after': '1', 'content-type': 'application/problem+json' })
  expect(JSON.parse(response.body ?? '')).toMatchObject({ code: 'unavailable' })
  expect(abandoned).toBe(1)
})

test('takes at most two arguments, as Node 24 asks of a handler', () => {
  expect(api.length).toBeLessThanOrEqual(2)
})

test('does not start with an optional route and no way to verify a token', () => {
  const { listThings } = thingRoutes
  const start = () =>
    createApi(
      { listThings },
      { listThings: async () => ({ viewer: null, limit: 1 }) },
      { service: 'things', corsOrigins: [], takeCall: unlimited },
    )

  expect(start).toThrow('verify a token')
})
