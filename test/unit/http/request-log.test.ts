import { AppError } from '../../../lib/errors.ts'
import type { CallOptions } from '../../support/api.ts'

/** The logger reads its settings when it is made, so it is imported after this. */
process.env.LOG_LEVEL = 'INFO'
process.env.POWERTOOLS_SERVICE_NAME = 'things'
const { call, context, httpEvent } = await import('../../support/api.ts')
const { captureOutput } = await import('../../support/output.ts')
const { actor, createThingsApi, thingId, thingRoutes } = await import('../../support/things-api.ts')

const { readThing, createThing, logIn, listThings } = thingRoutes
const params = { thing_id: thingId }
const api = createThingsApi()
const broken = createThingsApi({
  logIn: () => Promise.reject(new Error('broken', { cause: new Error('root') })),
})

const outcomes = [
  { name: 'a success', run: () => call(api, readThing, { actor, params }), status: 200 },
  { name: 'a refusal', run: () => call(api, readThing, { params }), status: 401 },
  { name: 'a body too large', run: () => call(api, createThing, { rawBody: 'x'.repeat(2e6) }), status: 413 },
  { name: 'a failure', run: () => call(broken, logIn), status: 500 },
]

test.each(outcomes)('writes one line, which is also its metrics, for $name', async ({ run, status }) => {
  const { log, metrics } = await captureOutput(run)

  const lines = log.filter(({ message }) => message === 'request')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ level: 'INFO', status, duration_ms: expect.any(Number) })
  expect(metrics).toHaveLength(1)
  expect(metrics[0]).toMatchObject({
    service: 'things',
    duration_ms: expect.any(Number),
  })
  expect(metrics[0]?.client_errors).toBe(status >= 400 && status < 500 ? 1 : undefined)
  expect(metrics[0]?.server_errors).toBe(status >= 500 ? 1 : undefined)
})

test('says who asked for what, by the template of the path', async () => {
  const headers = { 'x-request-id': 'request-1' }

  const { log, text } = await captureOutput(() => call(api, readThing, { actor, params, headers }))

  expect(log[0]).toMatchObject({
    method: 'GET',
    route: '/api/v1/things/{thing_id}',
    user_id: actor.id,
    request_id: 'request-1',
  })
  expect(text).not.toContain(thingId)
})

test('measures by service and route alone, so that no id makes a new metric', async () => {
  const { metrics } = await captureOutput(() => call(api, readThing, { actor, params }))

  expect(metrics[0]).toMatchObject({
    _aws: { CloudWatchMetrics: [{ Namespace: 'Veza', Dimensions: [['service', 'method', 'route']] }] },
  })
})

test.each<{ name: string; options: CallOptions }>([
  { name: 'a token', options: { headers: { authorization: 'Bearer hush-hush' } } },
  { name: 'a cookie', options: { headers: { cookie: 'refresh=hush-hush' } } },
  { name: 'a query', options: { query: { q: 'hush-hush' } } },
  { name: 'a body', options: { body: { title: 'hush-hush' } } },
  { name: 'a body that is refused', options: { body: { titel: 'hush-hush' } } },
  { name: 'a body that is not JSON', options: { rawBody: '{"password":"hush-hush"' } },
])('keeps $name out of the log', async ({ options }) => {
  const route = options.body || options.rawBody ? createThing : listThings

  const { text } = await captureOutput(() => call(api, route, options))

  expect(text).toContain('"message":"request"')
  expect(text).not.toContain('hush-hush')
})

test('logs a failure whole, with its cause and the request id', async () => {
  const headers = { 'x-request-id': 'request-2' }

  const { log } = await captureOutput(() => call(broken, logIn, { headers }))

  expect(log).toContainEqual(
    expect.objectContaining({
      level: 'ERROR',
      request_id: 'request-2',
      error: expect.objectContaining({
        message: 'broken',
        stack: expect.stringContaining('request-log.test.ts'),
        cause: expect.objectContaining({ message: 'root' }),
      }),
    }),
  )
})

test('does not log a refusal as a failure', async () => {
  const refusing = createThingsApi({ logIn: () => Promise.reject(new AppError('invalid_credentials')) })

  const { log } = await captureOutput(() => call(refusing, logIn))

  expect(log.map(({ level }) => level)).toEqual(['INFO'])
})

test('logs a handler that was given up', async () => {
  const never = createThingsApi({ logIn: () => new Promise(() => {}) })

  const { log, metrics } = await captureOutput(() => never(httpEvent(logIn), context(510)))

  expect(log.map(({ level }) => level)).toEqual(['ERROR', 'INFO'])
  expect(metrics).toHaveLength(1)
  expect(metrics[0]).toMatchObject({ server_errors: 1 })
})

test('passes a traceparent on to the log, for this request alone', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

  const { log } = await captureOutput(async () => {
    await call(api, logIn, { headers: { traceparent } })
    await call(api, logIn, { headers: { traceparent: 'not one' } })
  })

  expect(log.map((entry) => entry.traceparent)).toEqual([traceparent, undefined])
})
