import { routeGroups } from '../../../functions/routes.ts'
import { type Permission, permissionsOf } from '../../../lib/auth/permissions.ts'
import { AppError } from '../../../lib/errors.ts'
import type { LimitClass } from '../../../lib/http/limits.ts'
import { toProblem } from '../../../lib/http/problem.ts'
import { defineRoutes, type Policy } from '../../../lib/http/route.ts'
import { call } from '../../support/api.ts'
import { actor, createThingsApi, thingId, thingRoutes } from '../../support/things-api.ts'

const params = { thing_id: thingId }
const at = new Date()
const now = () => at
const secondsAgo = (seconds: number) => Math.floor(at.getTime() / 1_000) - seconds

/** The same route under another policy. */
const under = (policy: Partial<Policy>) => {
  const route = { ...thingRoutes.readThing, policy: { ...thingRoutes.readThing.policy, ...policy } }
  return { route, api: createThingsApi({}, { now }, { ...thingRoutes, readThing: route }) }
}

test('refuses whoever has not the permission that the route names', async () => {
  const { route, api } = under({ permission: 'users.manage' })

  expect(await call(api, route, { actor, params })).toMatchObject({
    status: 403,
    problem: { code: 'forbidden' },
  })
  expect(await call(api, route, { actor: { ...actor, role: 'admin' }, params })).toMatchObject({
    status: 200,
  })
})

test('refuses before it reads what was sent, so that nobody learns what would be right', async () => {
  const { route, api } = under({ permission: 'users.manage' })

  const answer = await call(api, route, { actor, params: { thing_id: 'no id' }, rawBody: '{' })

  expect(answer.problem.code).toBe('forbidden')
})

test.each([
  { name: 'just now', age: 0, status: 200 },
  { name: '15 minutes ago', age: 899, status: 200 },
  { name: 'longer ago', age: 902, status: 401 },
])('a route that asks for step-up answers $status to who signed in $name', async ({ age, status }) => {
  const { route, api } = under({ step_up: true })

  const answer = await call(api, route, { actor: { ...actor, auth_time: secondsAgo(age) }, params })

  expect(answer.status).toBe(status)
})

test('says what it takes to get through a step-up, in the words of RFC 9470', async () => {
  const { route, api } = under({ step_up: true })

  const answer = await call(api, route, { actor: { ...actor, auth_time: secondsAgo(3_600) }, params })

  expect(answer.problem).toMatchObject({ code: 'step_up_required', max_age: 900 })
  expect(answer.headers['www-authenticate']).toBe(
    'Bearer error="insufficient_user_authentication", max_age=900',
  )
})

test('counts each call under the class of its route, for its user or else its address', async () => {
  const counted: [LimitClass, string | undefined, string][] = []
  const api = createThingsApi(
    {},
    {
      takeCall: async (name, caller) => {
        counted.push([name, caller.actor?.id, caller.ip])
        return { name, quota: 60, window_seconds: 60, remaining: 7, resets_in_seconds: 30 }
      },
    },
  )

  const answers = [
    await call(api, thingRoutes.readThing, { actor, params }),
    await call(api, thingRoutes.readThing, { reason: 'token_expired', params }),
    await call(api, thingRoutes.createThing, { body: {} }),
    await call(api, { method: 'GET', path: '/nowhere' } as never),
  ]

  expect(counted).toEqual([
    ['read', actor.id, '192.0.2.1'],
    ['read', undefined, '192.0.2.1'],
    ['write', undefined, '192.0.2.1'],
    ['read', undefined, '192.0.2.1'],
  ])
  expect(answers.map(({ status }) => status)).toEqual([200, 401, 422, 404])
  for (const { headers } of answers) {
    expect(headers['ratelimit-policy']).toMatch(/^"(read|write)";q=60;w=60$/)
    expect(headers.ratelimit).toMatch(/^"(read|write)";r=7;t=30$/)
  }
})

test('counts by the address that the gateway saw, whatever the headers say', async () => {
  const seen: string[] = []
  const api = createThingsApi({}, { takeCall: async (_, { ip }) => void seen.push(ip) })
  const headers = {
    'x-forwarded-for': '198.51.100.9',
    'x-real-ip': '198.51.100.9',
    forwarded: 'for=198.51.100.9',
    'x-local-client-ip': '198.51.100.9',
    'cf-connecting-ip': '198.51.100.9',
    'true-client-ip': '198.51.100.9',
  }

  await call(api, thingRoutes.createThing, { body: {}, headers, ip: '192.0.2.77' })

  expect(seen).toEqual(['192.0.2.77'])
})

describe('the policies of the table', () => {
  const routes = Object.entries(routeGroups).flatMap(([group, table]) =>
    Object.entries(table).map(([name, route]) => ({ group, name, ...route, path: String(route.path) })),
  )
  const granted = new Set<Permission>(Object.values(permissionsOf).flatMap((set) => [...set]))

  test('a route that names none does not compile', () => {
    const { policy: _policy, ...route } = thingRoutes.removeThing
    // @ts-expect-error: the policy is missing
    defineRoutes({ route })
    expect(route).not.toHaveProperty('policy')
  })

  test('every permission that a role has is asked for by a route', () => {
    const asked = new Set<Permission>(routes.map(({ policy }) => policy.permission))

    expect([...granted].filter((permission) => !asked.has(permission))).toEqual([])
  })

  test.each(routes)('$name asks of its callers what fits its kind', ({ auth, policy }) => {
    if (auth === 'iam') expect(policy).toMatchObject({ permission: 'service', step_up: false })
    else if (auth === 'user') expect(granted).toContain(policy.permission)
    else expect(policy).toMatchObject({ permission: 'public', step_up: false })
    expect(policy.permission === 'public' && auth === 'user').toBe(false)
    expect(policy.reach === 'own' && auth !== 'user').toBe(false)
  })

  test.each(routes.filter(({ path }) => path.startsWith('/api/v1/auth/')))(
    '$name, which guards an account, stays shut when calls cannot be counted',
    ({ method, policy }) => {
      if (method === 'GET') return
      expect(['read', 'write', 'unlimited']).not.toContain(policy.limit)
    },
  )
})

test('counts a body that is too large, and says so', async () => {
  const allowance = { name: 'write', quota: 5, window_seconds: 60, remaining: 4, resets_in_seconds: 9 }
  const api = createThingsApi({}, { takeCall: async () => allowance })

  const { status, headers } = await call(api, thingRoutes.createThing, {
    rawBody: ' '.repeat(1024 * 1024 + 1),
  })

  expect({ status, ratelimit: headers.ratelimit }).toEqual({ status: 413, ratelimit: '"write";r=4;t=9' })
})

test.each([
  ['invalid_credentials', 'Bearer'],
  ['invalid_code', 'Bearer'],
  ['token_revoked', 'Bearer error="invalid_token"'],
  ['forbidden', undefined],
] as const)('%s names how to sign in: %s', (code, expected) => {
  expect(toProblem(new AppError(code), 'r').headers?.['www-authenticate']).toBe(expected)
})
