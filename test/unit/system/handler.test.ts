import { systemRoutes } from '../../../functions/system/routes.ts'
import { call, context, httpEvent } from '../../support/api.ts'

/** Nothing listens there. */
const nowhere = 'http://127.0.0.1:1'
Object.assign(process.env, {
  PGHOST: '127.0.0.1',
  PGPORT: '1',
  PGDATABASE: 'none',
  PGUSER: 'none',
  PGPASSWORD: 'none',
  PGSSLMODE: 'disable',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_ENDPOINT_URL: nowhere,
  UPLOADS_BUCKET: 'uploads',
  EVENTS_QUEUE_URL: `${nowhere}/000000000000/events`,
  APP_VERSION: '1.2.3',
  CORS_ORIGINS: 'https://veza.example',
  MEDIA_URL: 'https://media.veza.example',
})
const { handler } = await import('../../../functions/system/handler.ts')

test('is alive while nothing that it depends on is', async () => {
  expect(await call(handler, systemRoutes.getHealth)).toMatchObject({
    status: 200,
    body: { status: 'ok', version: '1.2.3' },
  })
})

test('is not ready then, and says which parts are missing', async () => {
  expect(await call(handler, systemRoutes.getReadiness)).toMatchObject({
    status: 503,
    body: {
      status: 'not_ready',
      checks: { database: 'failing', queue: 'failing', storage: 'failing', cache: 'failing' },
    },
  })
})

test('describes the whole API, each group by its tag', async () => {
  const { status, body } = await call(handler, systemRoutes.getOpenApi)

  expect(status).toBe(200)
  expect(body).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } })
  expect(body.tags).toContainEqual({ name: 'system' })
})

/** As the gateway hands on what none of its routes matches. */
const unmatched = async (method: string, path: string) => {
  const event = { ...httpEvent({ method: method as 'GET', path: path as '/' }), routeKey: '$default' }
  const { statusCode, headers, body = '' } = await handler(event, context())
  return { status: statusCode, headers, problem: JSON.parse(body) }
}

test.each(['/', '/healthz/', '/api/v1/tracks/', '/api/v1/tracks/1/2', '/api/v1/users//tracks', '/%00'])(
  'knows nothing at %s',
  async (path) => {
    expect(await unmatched('GET', path)).toMatchObject({
      status: 404,
      headers: { 'content-type': 'application/problem+json', 'x-request-id': expect.any(String) },
      problem: { code: 'not_found' },
    })
  },
)

test.each([
  ['POST', '/healthz', 'GET'],
  ['PUT', '/api/v1/users/me', 'GET, PATCH, DELETE'],
  ['POST', '/api/v1/tracks/0198f0c0-0000-7000-8000-000000000000', 'GET, DELETE, PATCH'],
  ['OPTIONS', '/api/v1/tracks', 'POST, GET'],
])('refuses %s %s and says what is allowed there', async (method, path, allow) => {
  expect(await unmatched(method, path)).toMatchObject({
    status: 405,
    headers: { allow },
    problem: { code: 'method_not_allowed' },
  })
})
