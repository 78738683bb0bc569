import { systemRoutes } from '../../../functions/system/routes.ts'
import { call } from '../../support/api.ts'

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
    body: { status: 'not_ready', checks: { database: 'failing', queue: 'failing', storage: 'failing' } },
  })
})

test('describes the whole API, each group by its tag', async () => {
  const { status, body } = await call(handler, systemRoutes.getOpenApi)

  expect(status).toBe(200)
  expect(body).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } })
  expect(body.tags).toContainEqual({ name: 'system' })
})
