import { randomUUID } from 'node:crypto'
import * as z from 'zod/mini'
import type { Actor } from '../../../lib/auth/actor.ts'
import type { Sql } from '../../../lib/db/client.ts'
import { AppError, type ProblemCode } from '../../../lib/errors.ts'
import { type ApiHandler, createApi } from '../../../lib/http/api.ts'
import { createRunOnce } from '../../../lib/http/idempotency.ts'
import { deleteExpiredKeys } from '../../../lib/http/idempotency-expiry.ts'
import { defineRoutes, noContent, Reply } from '../../../lib/http/route.ts'
import { createClock } from '../../support/accounts.ts'
import { type CallOptions, call, justSignedIn, unlimited } from '../../support/api.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)

const policy = { permission: 'tracks.write', reach: 'own', limit: 'write', step_up: false } as const
const common = { method: 'POST', auth: 'user', policy, problems: [] } as const
const made = z.object({ number: z.int(), secret: z.string() })
const routes = defineRoutes({
  make: {
    ...common,
    path: '/api/v1/shelves/{shelf}/things',
    summary: 'Make a thing',
    params: z.strictObject({ shelf: z.string() }),
    query: z.strictObject({ tag: z.optional(z.string()), size: z.optional(z.string()) }),
    body: z.strictObject({ title: z.string().check(z.maxLength(500)) }),
    status: 201,
    response: made,
  },
  order: {
    ...common,
    path: '/api/v1/orders',
    idempotency: 'required',
    summary: 'Order',
    status: 201,
    response: made,
  },
  forget: { ...common, path: '/api/v1/forget', summary: 'Forget', status: 204, response: noContent },
  signIn: { ...common, path: '/api/v1/auth/again', summary: 'Sign in', status: 201, response: made },
})

const actorOf = (id: string = randomUUID()): Actor => ({
  id,
  session_id: randomUUID(),
  role: 'user',
  token_version: 1,
  ...justSignedIn(),
})

type Work = (number: number) => unknown

/** An environment each for the connections, which all count what they did together. */
function setUp(connections: readonly Sql[] = [sql], work: Work = () => undefined) {
  const clock = createClock()
  const done = { count: 0 }
  const act = async () => {
    const number = ++done.count
    await work(number)
    return new Reply(
      { number, secret: `upload-url-${number}` },
      { headers: { location: `/things/${number}` } },
    )
  }
  const handlers = { make: act, order: act, signIn: act, forget: async () => void (await act()) }
  const apis = connections.map((connection) =>
    createApi(routes, handlers, {
      service: 'things',
      corsOrigins: ['https://app.example'],
      takeCall: unlimited,
      runOnce: createRunOnce({ sql: connection, now: clock.now }),
    }),
  )
  const actor = actorOf()
  const make = (
    options: CallOptions & { key?: string; as?: Actor; on?: ApiHandler; shelf?: string } = {},
  ) => {
    const { key, as = actor, on = apis[0]!, shelf = 'a', body = { title: 'One' }, ...rest } = options
    const headers = { ...rest.headers, ...(key !== undefined && { 'idempotency-key': key }) }
    return call(on, routes.make, { actor: as, params: { shelf }, body, ...rest, headers })
  }
  return { apis, actor, clock, done, make }
}

const newKey = () => randomUUID()

test('a call that is sent again is answered as the first time, and done once', async () => {
  const { make, done } = setUp()
  const key = newKey()

  const first = await make({ key })
  const again = await make({ key, headers: { origin: 'https://app.example' } })

  expect(first).toMatchObject({ status: 201, body: { number: 1 }, headers: { location: '/things/1' } })
  expect(first.headers['idempotent-replayed']).toBeUndefined()
  expect(again).toMatchObject({
    status: 201,
    type: 'application/json',
    text: first.text,
    headers: {
      location: '/things/1',
      'idempotent-replayed': 'true',
      'access-control-expose-headers': expect.stringContaining('Idempotent-Replayed'),
    },
  })
  expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id'])
  expect(done.count).toBe(1)
})

test('a call without a key is done each time, and writes nothing down', async () => {
  const { make, done, actor } = setUp()

  await make()
  await make()

  expect(done.count).toBe(2)
  expect(await sql`select from idempotency_keys where user_id = ${actor.id}`).toHaveLength(0)
})

test('an answer without a body is replayed as one', async () => {
  const { apis, actor, done } = setUp()
  const options = { actor, headers: { 'idempotency-key': newKey() } }

  await call(apis[0]!, routes.forget, options)
  const again = await call(apis[0]!, routes.forget, options)

  expect(again).toMatchObject({ status: 204, text: '', headers: { 'idempotent-replayed': 'true' } })
  expect(done.count).toBe(1)
})

test('of twenty calls at once with one key one is done, and the others are told so or wait', async () => {
  const { apis, make, done } = setUp(await openConnections(5), () => sql`select pg_sleep(0.2)`)
  const key = newKey()

  const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => make({ key, on: apis[at % 5]! })))
  const later = await make({ key })

  expect(done.count).toBe(1)
  const running = answers.filter(({ status }) => status === 409)
  for (const answer of running) {
    expect(answer).toMatchObject({
      problem: { code: 'idempotency_in_progress' },
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    })
  }
  const numbers = answers.filter(({ status }) => status === 201).map(({ body }) => body.number)
  expect(new Set(numbers)).toEqual(new Set([1]))
  expect(running.length + numbers.length).toBe(20)
  expect(running.length).toBeGreaterThan(0)
  expect(later).toMatchObject({ status: 201, headers: { 'idempotent-replayed': 'true' } })
})

test.each([
  { name: 'another body', change: { body: { title: 'Two' } } },
  { name: 'another path', change: { shelf: 'b' } },
  { name: 'another query', change: { query: { tag: 'x' } } },
])('refuses a key that is used for $name', async ({ change }) => {
  const { make, done } = setUp()
  const key = newKey()

  await make({ key })
  const answer = await make({ key, ...change })

  expect(answer).toMatchObject({ status: 422, problem: { code: 'idempotency_mismatch' } })
  expect(done.count).toBe(1)
})

test('the order of the query does not matter', async () => {
  const { make, done } = setUp()
  const key = newKey()

  await make({ key, query: { tag: 'x', size: 's' } })
  const again = await make({ key, query: { size: 's', tag: 'x' } })

  expect(again.headers['idempotent-replayed']).toBe('true')
  expect(done.count).toBe(1)
})

test('a key is of one user on one route', async () => {
  const { make, apis, actor, done } = setUp()
  const key = newKey()

  const answers = [
    await make({ key }),
    await make({ key, as: actorOf() }),
    await call(apis[0]!, routes.order, { actor, headers: { 'idempotency-key': key } }),
  ]

  expect(answers.map(({ body }) => body.number)).toEqual([1, 2, 3])
  expect(done.count).toBe(3)
})

test.each<{ name: string; fail: Error; status: number }>([
  { name: 'a failure of ours', fail: new Error('broken'), status: 500 },
  { name: 'what is not there to answer', fail: new AppError('unavailable'), status: 503 },
  ...(['forbidden', 'validation_failed', 'rate_limited', 'step_up_required'] satisfies ProblemCode[]).map(
    (code) => ({
      name: code,
      fail: new AppError(code),
      status: { forbidden: 403, validation_failed: 422, rate_limited: 429, step_up_required: 401 }[code],
    }),
  ),
])('does not keep $name', async ({ fail, status }) => {
  const { make, done } = setUp([sql], (number) => {
    if (number === 1) throw fail
  })
  const key = newKey()

  const first = await make({ key })
  const second = await make({ key })

  expect([first.status, second.status]).toEqual([status, 201])
  expect(done.count).toBe(2)
})

test('does not keep what is refused before it runs', async () => {
  const { make, done } = setUp()
  const key = newKey()

  const refused = await make({ key, body: { title: 7 } })
  const taken = await make({ key })

  expect([refused.status, taken.status]).toEqual([422, 201])
  expect(done.count).toBe(1)
})

test('keeps a refusal that the work came to', async () => {
  const { make, done } = setUp([sql], () => {
    throw new AppError('conflict', 'Taken by ada')
  })
  const key = newKey()

  const first = await make({ key })
  const again = await make({ key })

  expect(first).toMatchObject({ status: 409, problem: { code: 'conflict' } })
  expect(again).toMatchObject({
    status: 409,
    type: 'application/problem+json',
    text: first.text,
    headers: { 'idempotent-replayed': 'true' },
  })
  expect(done.count).toBe(1)
})

test('a crash frees the key, for the same request', async () => {
  let end = () => {}
  const never = setUp([sql], () => new Promise<void>((resolve) => (end = resolve)))
  const key = newKey()
  const crashed = never.make({ key })
  while ((await sql`select from idempotency_keys where user_id = ${never.actor.id}`).length === 0);
  const next = setUp()
  const send = (options = {}) => next.make({ key, as: never.actor, ...options })

  const early = await send()
  next.clock.advance(31)
  const other = await send({ body: { title: 'Two' } })
  const late = await send()

  expect(early.problem.code).toBe('idempotency_in_progress')
  expect(other.problem.code).toBe('idempotency_mismatch')
  expect(late).toMatchObject({ status: 201, body: { number: 1 } })
  end()
  await crashed
})

test('whoever comes back after their lease leaves what the next one kept', async () => {
  let finish = () => {}
  const slow = setUp([sql], () => new Promise<void>((resolve) => (finish = resolve)))
  const key = newKey()
  const stuck = slow.make({ key })
  while ((await sql`select from idempotency_keys where user_id = ${slow.actor.id}`).length === 0);
  const next = setUp()
  next.clock.advance(31)
  const send = () => next.make({ key, as: slow.actor })
  const taken = await send()

  finish()
  await stuck

  expect(await send()).toMatchObject({ text: taken.text, headers: { 'idempotent-replayed': 'true' } })
})

test('a key is free again after a day, and the sweep forgets it', async () => {
  const { make, clock, done, actor } = setUp()
  const key = newKey()
  await make({ key })

  clock.advance(24 * 60 * 60 - 1)
  expect((await make({ key, body: { title: 'Two' } })).status).toBe(422)
  expect(await deleteExpiredKeys(sql, clock.now())).toBe(0)
  clock.advance(1)
  expect(await make({ key, body: { title: 'Two' } })).toMatchObject({ status: 201, body: { number: 2 } })

  clock.advance(24 * 60 * 60)
  expect(await deleteExpiredKeys(sql, clock.now())).toBeGreaterThan(0)
  expect(await sql`select from idempotency_keys where user_id = ${actor.id}`).toHaveLength(0)
  expect(done.count).toBe(2)
})

test('a route that asks for a key refuses a call without one', async () => {
  const { apis, actor, done } = setUp()

  const answer = await call(apis[0]!, routes.order, { actor })

  expect(answer).toMatchObject({ status: 400, problem: { code: 'idempotency_key_required' } })
  expect(done.count).toBe(0)
})

test.each(['', ' ', 'a b', 'käse', 'x'.repeat(256), 'tab\t', '\u200b', '🎧'])(
  'refuses the key %j',
  async (key) => {
    const { make, done } = setUp()

    expect(await make({ key })).toMatchObject({ status: 400, problem: { code: 'invalid_request' } })
    expect(done.count).toBe(0)
  },
)

test('takes the longest key that there may be', async () => {
  const { make } = setUp()
  const key = '~'.repeat(255)

  await make({ key })

  expect((await make({ key })).headers['idempotent-replayed']).toBe('true')
})

test('a stranger learns nothing from a key', async () => {
  const { apis } = setUp()

  const answer = await call(apis[0]!, routes.order, { headers: { 'idempotency-key': 'a b' } })

  expect(answer).toMatchObject({ status: 401, problem: { code: 'unauthenticated' } })
})

test('keeps no answer of the auth group, and none so that the database could read it', async () => {
  const { apis, actor, make, done } = setUp()
  const key = newKey()
  const signIn = () => call(apis[0]!, routes.signIn, { actor, headers: { 'idempotency-key': key } })

  await signIn()
  await signIn()
  await make({ key })

  expect(done.count).toBe(3)
  const rows = await sql`select * from idempotency_keys where user_id = ${actor.id}`
  expect(rows).toHaveLength(1)
  const bytes = Object.values(rows[0]!).map((value) =>
    Buffer.isBuffer(value) ? value.toString('latin1') : String(value),
  )
  expect(bytes.join()).not.toContain('upload-url')
  expect(bytes.join()).not.toContain(key)
})

test('a group with a route that asks for a key does not start without a memory of keys', () => {
  const start = () =>
    createApi(
      { order: routes.order },
      { order: async () => ({ number: 1, secret: '' }) },
      {
        service: 'things',
        corsOrigins: [],
        takeCall: unlimited,
      },
    )

  expect(start).toThrow('Idempotency-Key')
})
