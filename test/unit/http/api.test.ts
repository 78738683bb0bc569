import * as z from 'zod'
import type { Actor } from '../../../lib/auth/actor.ts'
import { AppError } from '../../../lib/errors.ts'
import { createApi } from '../../../lib/http/api.ts'
import { defineRoutes, noContent, Reply, timestamp } from '../../../lib/http/route.ts'
import { call } from '../../support/api.ts'

const routes = defineRoutes({
  readThing: {
    method: 'GET',
    path: '/api/v1/things/{thing_id}',
    auth: 'user',
    summary: 'Read a thing',
    params: z.strictObject({ thing_id: z.uuid() }),
    query: z.strictObject({ depth: z.coerce.number().int().max(9).optional() }),
    status: 200,
    response: z.object({ id: z.uuid(), owner_id: z.uuid(), created_at: timestamp }),
    problems: ['not_found'],
  },
  removeThing: {
    method: 'DELETE',
    path: '/api/v1/things/{thing_id}',
    auth: 'user',
    summary: 'Remove a thing',
    params: z.strictObject({ thing_id: z.uuid() }),
    status: 204,
    response: noContent,
    problems: [],
  },
})

const thingId = '0199f0f0-0000-7000-8000-000000000001'
const actor: Actor = {
  id: '0199f0f0-0000-7000-8000-00000000000a',
  session_id: '0199f0f0-0000-7000-8000-00000000000b',
  role: 'user',
  token_version: 1,
}

const thing = { id: thingId, owner_id: actor.id, created_at: new Date(0), password_hash: 'secret' }
const api = createApi(
  routes,
  {
    readThing: async () => new Reply(thing, { etag: '"7"' }),
    removeThing: async () => undefined,
  },
  { service: 'things', corsOrigins: [] },
)

test('answers with what the schema names, and nothing else of the row', async () => {
  const { status, type, body, headers } = await call(api, routes.readThing, {
    actor,
    params: { thing_id: thingId },
  })

  expect(status).toBe(200)
  expect(type).toBe('application/json')
  expect(headers.etag).toBe('"7"')
  expect(body).toEqual({ id: thingId, owner_id: actor.id, created_at: '1970-01-01T00:00:00.000Z' })
})

test('answers 204 with no body and no type', async () => {
  const { status, type, text } = await call(api, routes.removeThing, { actor, params: { thing_id: thingId } })

  expect({ status, type, text }).toEqual({ status: 204, type: undefined, text: '' })
})

test('takes at most two arguments, as Node 24 asks of a handler', () => {
  expect(api.length).toBeLessThanOrEqual(2)
})

test('shows nothing of an error that it does not know', async () => {
  const failing = createApi(
    routes,
    {
      readThing: () => Promise.reject(new Error('password=hunter2')),
      removeThing: () => Promise.reject(new AppError('conflict', 'Not now')),
    },
    { service: 'things', corsOrigins: [] },
  )

  const read = await call(failing, routes.readThing, { actor, params: { thing_id: thingId } })
  const removed = await call(failing, routes.removeThing, { actor, params: { thing_id: thingId } })

  expect(read).toMatchObject({ status: 500, type: 'application/problem+json', problem: { code: 'internal' } })
  expect(read.text).not.toContain('hunter2')
  expect(removed).toMatchObject({ status: 409, problem: { code: 'conflict', detail: 'Not now' } })
})
