import * as z from 'zod/mini'
import type { Actor } from '../../lib/auth/actor.ts'
import { type ApiDependencies, createApi } from '../../lib/http/api.ts'
import {
  defineRoutes,
  type Handlers,
  noContent,
  type Policy,
  Reply,
  timestamp,
} from '../../lib/http/route.ts'

/** A small API of its own, so that the tests of the dispatch lean on no domain. */
const thingParams = z.strictObject({ thing_id: z.uuid() })
const thing = z.object({ id: z.uuid(), title: z.string(), created_at: timestamp })

export const thingRoutes = defineRoutes({
  readThing: {
    method: 'GET',
    path: '/api/v1/things/{thing_id}',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'read', step_up: false },
    summary: 'Read a thing',
    params: thingParams,
    status: 200,
    response: thing,
    problems: ['conflict'],
  },
  removeThing: {
    method: 'DELETE',
    path: '/api/v1/things/{thing_id}',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'write', step_up: false },
    summary: 'Remove a thing',
    params: thingParams,
    status: 204,
    response: noContent,
    problems: [],
  },
  createThing: {
    method: 'POST',
    path: '/api/v1/things',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'write', step_up: false },
    summary: 'Make a thing',
    body: z.strictObject({
      title: z.string().check(z.minLength(1), z.maxLength(100)),
      count: z.optional(z.int().check(z.minimum(0), z.maximum(1_000))),
      ratio: z.optional(z.number()),
      tags: z.optional(z.array(z.string()).check(z.maxLength(3))),
      extra: z.optional(z.record(z.string(), z.unknown())),
    }),
    status: 201,
    response: z.object({ received: z.unknown() }),
    problems: [],
  },
  listThings: {
    method: 'GET',
    path: '/api/v1/things',
    auth: 'optional',
    policy: { permission: 'public', reach: 'any', limit: 'read', step_up: false },
    summary: 'List things',
    query: z.strictObject({
      limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(100)), 20),
      q: z.optional(z.string()),
    }),
    status: 200,
    response: z.object({ viewer: z.nullable(z.string()), limit: z.number() }),
    problems: [],
  },
  receiveHook: {
    method: 'POST',
    path: '/api/v1/hooks',
    auth: 'signature',
    policy: { permission: 'public', reach: 'any', limit: 'unlimited', step_up: false },
    summary: 'Take a signed message',
    status: 200,
    response: z.object({ hex: z.string() }),
    problems: [],
  },
  reportThing: {
    method: 'POST',
    path: '/api/v1/internal/things',
    auth: 'iam',
    policy: { permission: 'service', reach: 'any', limit: 'unlimited', step_up: false },
    summary: 'Tell of a thing',
    status: 200,
    response: z.object({ ok: z.boolean() }),
    problems: [],
  },
  logIn: {
    method: 'POST',
    path: '/api/v1/auth/login',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'login', step_up: false },
    summary: 'Log in',
    status: 200,
    response: z.object({ token: z.string() }),
    problems: [],
  },
})

export const thingId = '0199f0f0-0000-7000-8000-000000000001'

export const actor: Actor = {
  id: '0199f0f0-0000-7000-8000-00000000000a',
  session_id: '0199f0f0-0000-7000-8000-00000000000b',
  role: 'user',
  token_version: 1,
  auth_time: Math.floor(Date.now() / 1000),
  acr: 'aal1',
}

/** A row as a query gives it, with a column that is nobody's business. */
export const row = {
  id: thingId,
  title: 'One',
  created_at: new Date(0),
  password_hash: 'column-not-in-schema',
}

const plain: Handlers<typeof thingRoutes> = {
  readThing: async () => new Reply(row, { etag: '"7"' }),
  removeThing: async () => undefined,
  createThing: async ({ body }) => ({ received: body }),
  listThings: async ({ actor, query }) => ({ viewer: actor?.id ?? null, limit: query.limit }),
  receiveHook: async ({ rawBody }) => ({ hex: rawBody.toString('hex') }),
  reportThing: async () => ({ ok: true }),
  logIn: async () => ({ token: 'made-by-login' }),
}

/** The same routes under any policy. */
type ThingRoutes = {
  readonly [K in keyof typeof thingRoutes]: Omit<(typeof thingRoutes)[K], 'policy'> & {
    readonly policy: Policy
  }
}

export const createThingsApi = (
  handlers: Partial<Handlers<typeof thingRoutes>> = {},
  dependencies: Partial<ApiDependencies> = {},
  routes: ThingRoutes = thingRoutes,
) =>
  createApi(
    routes,
    { ...plain, ...handlers },
    {
      service: 'things',
      corsOrigins: [],
      verifyToken: async () => undefined,
      takeCall: async () => undefined,
      ...dependencies,
    },
  )
