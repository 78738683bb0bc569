import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { recordAudit } from '../../../lib/audit/record.ts'
import { listAudit } from '../../../lib/audit/schemas.ts'
import { createAuditService } from '../../../lib/audit/service.ts'
import { createAccountsApi } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const { sql } = useDatabase()
const api = createAccountsApi(sql)
const origin = { ip: '192.0.2.9', userAgent: 'another app', requestId: 'request-1' }

const events = (token: string | undefined, query: Record<string, string | number> = {}) =>
  api.request(authRoutes.listSecurityEvents, { token, query })

test("lists what happened to the caller's own account, newest first, and nothing of others", async () => {
  const { access_token: token, session_id, user } = await api.signIn()
  await api.signIn()
  await recordAudit(
    sql,
    { action: 'user.suspended', actor_id: randomUUID(), user_id: user.id, details: { reason: 'spam' } },
    origin,
    new Date(api.clock.now().getTime() + 1_000),
  )

  const { status, body } = await events(token)

  expect(status).toBe(200)
  expect(body.data[0]).toEqual({
    id: expect.any(String),
    at: expect.any(String),
    action: 'user.suspended',
    outcome: 'success',
    ip: null,
    user_agent: '',
    session_id: null,
    details: { reason: 'spam' },
  })
  const started = body.data.filter(({ action }) => action === 'session.started')
  expect(started).toMatchObject([{ session_id, ip: '192.0.2.1', user_agent: 'veza-tests' }])
})

test('goes on at the cursor, past events of the same moment', async () => {
  const { access_token: token, user } = await api.signIn()
  for (let at = 0; at < 5; at++) {
    await recordAudit(sql, { action: 'passkey.renamed', user_id: user.id }, origin, api.clock.now())
  }

  const whole = (await events(token, { limit: 100 })).body.data
  const paged: typeof whole = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await events(token, { limit: 2, ...(cursor && { cursor }) })
    paged.push(...body.data)
    cursor = body.next_cursor
  }

  expect(whole.length).toBeGreaterThan(5)
  expect(paged).toEqual(whole)
})

test.each([
  { name: 'a cursor of another list', query: { cursor: 'YWJj' }, code: 'invalid_request' },
  { name: 'a limit too large', query: { limit: 101 }, code: 'validation_failed' },
  { name: "another's trail", query: { user: randomUUID() }, code: 'validation_failed' },
])('refuses $name', async ({ query, code }) => {
  const { access_token: token } = await api.signIn()

  expect((await events(token, query)).problem).toMatchObject({ code })
})

test("refuses another user's cursor", async () => {
  const one = await api.signIn()
  const other = await api.signIn()
  const { body } = await events(one.access_token, { limit: 1 })

  const { problem } = await events(other.access_token, { cursor: body.next_cursor ?? 'none' })

  expect(problem).toMatchObject({ code: 'invalid_request' })
})

test('refuses whoever is not signed in', async () => {
  expect((await events(undefined)).problem).toMatchObject({ status: 401 })
})

describe('the list of admins', () => {
  const audit = createAuditService({ sql })
  const actor = randomUUID()
  const user = randomUUID()
  const page = { limit: 20, actor }

  beforeAll(async () => {
    const events = [
      { action: 'user.suspended', user_id: user, target: 'report:1', at: '2026-05-01T00:00:00Z' },
      { action: 'user.unsuspended', user_id: user, at: '2026-05-02T00:00:00Z' },
      { action: 'user.role_changed', outcome: 'failure', at: '2026-05-03T00:00:00Z' },
    ] as const
    for (const { at, ...event } of events) {
      await recordAudit(sql, { ...event, actor_id: actor }, origin, new Date(at))
    }
  })

  test.each([
    { name: 'actor', filter: {}, actions: ['user.role_changed', 'user.unsuspended', 'user.suspended'] },
    { name: 'user', filter: { user }, actions: ['user.unsuspended', 'user.suspended'] },
    {
      name: 'action',
      filter: { action: 'user.role_changed' as const },
      actions: ['user.role_changed'],
    },
    { name: 'outcome', filter: { outcome: 'failure' as const }, actions: ['user.role_changed'] },
    { name: 'target', filter: { target: 'report:1' }, actions: ['user.suspended'] },
    { name: 'an account for a target', filter: { target: user }, actions: ['user.unsuspended'] },
    { name: 'the same, in full', filter: { target: `user:${user}` }, actions: ['user.unsuspended'] },
    { name: 'the target of nobody', filter: { target: 'nobody_at_all' }, actions: [] },
    {
      name: 'from, itself included',
      filter: { from: new Date('2026-05-02T00:00:00Z') },
      actions: ['user.role_changed', 'user.unsuspended'],
    },
    {
      name: 'to, itself not included',
      filter: { to: new Date('2026-05-02T00:00:00Z') },
      actions: ['user.suspended'],
    },
  ])('is narrowed by $name', async ({ filter, actions }) => {
    const { data } = await audit.list({ ...page, ...filter })

    expect(data.map(({ action }) => action)).toEqual(actions)
    expect(data.every((event) => event.actor_id === actor && event.request_id === 'request-1')).toBe(true)
  })

  test('refuses the cursor of another filter', async () => {
    const { next_cursor } = await audit.list({ ...page, limit: 1 })
    const next = { ...page, cursor: next_cursor! }

    await expect(audit.list(next)).resolves.toMatchObject({ data: [{}, {}] })
    await expect(audit.list({ ...next, user })).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('finds somebody by username and by address, and nothing of nobody', async () => {
    const { user: somebody } = await api.signIn()
    const list = async (who: string) => (await audit.list({ limit: 20, actor: who })).data

    const byId = await list(somebody.id)
    expect(byId.length).toBeGreaterThan(0)
    expect(await list(somebody.username)).toEqual(byId)
    expect(await list(somebody.email)).toEqual(byId)
    expect(await list('nobody_at_all')).toEqual([])
  })
})

test.each([
  { from: '2026-05-01', to: '2026-05-02T00:00:00Z', is_read: true },
  { from: 'yesterday', to: '2026-05-02', is_read: false },
])('reads days and times as bounds: %j', ({ is_read, ...bounds }) => {
  expect(listAudit.safeParse({ limit: '1', ...bounds }).success).toBe(is_read)
})
