import { authRoutes } from '../../../functions/auth/routes.ts'
import { mostSessions } from '../../../lib/sessions/service.ts'
import { createAccountsApi, createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const openConnections = useConnections(db)

const liveOf = async (userId: string) => {
  const rows = await db.sql<{ id: string }[]>`
    select id from sessions where user_id = ${userId} and revoked_at is null order by id
  `
  return rows.map(({ id }) => id)
}

async function setUp() {
  const clock = createClock()
  const api = createAccountsApi(db.sql, clock)
  return { clock, api, user: await api.join() }
}

async function fill({ clock, api, user }: Awaited<ReturnType<typeof setUp>>, count = mostSessions) {
  const sessions = []
  for (let i = 0; i < count; i++) {
    clock.advance(1)
    sessions.push((await api.login(user.username)).body)
  }
  return sessions
}

test('the 21st session ends the one that was used longest ago, and its user is told', async () => {
  const set = await setUp()
  const { api, clock, user } = set
  const sessions = await fill(set)
  // The oldest by its start is not the oldest by its use.
  await api.request(authRoutes.refresh, { body: { refresh_token: sessions[0]!.refresh_token } })
  clock.advance(1)

  const { body: latest } = await api.login(user.username)

  const expected = [...sessions.filter((_, at) => at !== 1), latest].map(({ session_id }) => session_id)
  expect(await liveOf(user.id)).toEqual(expected.sort())
  const refused = await api.request(authRoutes.refresh, {
    body: { refresh_token: sessions[1]!.refresh_token },
  })
  expect(refused).toMatchObject({ status: 401, problem: { code: 'session_expired' } })
  const evicted = await db.sql`
    select session_id, outcome from audit_events where user_id = ${user.id} and action = 'session.evicted'
  `
  expect(evicted).toEqual([{ session_id: sessions[1]!.session_id, outcome: 'success' }])
  const notices = await db.sql`
    select kind, session_id from security_notices where user_id = ${user.id} and kind = 'session_evicted'
  `
  expect(notices).toEqual([{ kind: 'session_evicted', session_id: sessions[1]!.session_id }])
})

test('what ended or expired takes no room', async () => {
  const set = await setUp()
  const { api, clock, user } = set
  const [first] = await fill(set)
  await api.request(authRoutes.logout, { token: first!.access_token })
  await api.login(user.username)
  clock.advance(14 * 86_400 + 60)
  await fill(set)

  const evicted =
    await db.sql`select id from sessions where user_id = ${user.id} and revoked_reason = 'evicted'`
  expect(evicted).toEqual([])
})

test('sign-ins at once leave 20 sessions, never more', async () => {
  const set = await setUp()
  const { clock, user } = set
  await fill(set, mostSessions - 2)
  const apis = (await openConnections(12)).map((sql) => createAccountsApi(sql, clock))

  const answers = await Promise.all(apis.map(({ login }) => login(user.username)))

  expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200))
  expect(await liveOf(user.id)).toHaveLength(mostSessions)
  const [{ count }] = await db.sql<[{ count: number }]>`
    select count(*)::int as count from audit_events where user_id = ${user.id} and action = 'session.evicted'
  `
  expect(count).toBe(10)
})

test('a sign-in whose account changes under it starts no session', async () => {
  const { api, user } = await setUp()
  const [sql] = await openConnections(1)
  const changing = sql!.begin(async (tx) => {
    await tx`update users set token_version = token_version + 1 where id = ${user.id}`
    await new Promise((resolve) => setTimeout(resolve, 150))
  })
  await new Promise((resolve) => setTimeout(resolve, 50))

  const answer = await api.login(user.username)
  await changing

  expect(answer).toMatchObject({ status: 401, problem: { code: 'invalid_credentials' } })
  expect(await liveOf(user.id)).toEqual([])
})
