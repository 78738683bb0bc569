import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { createAccountsApi, createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request } = api

const list = (token: string, query = {}) => request(authRoutes.listSessions, { token, query })
const end = (token: string, session_id: string) =>
  request(authRoutes.endSession, { token, params: { session_id } })
const me = (token: string) => request(userRoutes.getOwnUser, { token })
const refresh = (refresh_token: unknown) => request(authRoutes.refresh, { body: { refresh_token } })
const trailOf = (userId: string) => db.sql`
  select action, actor_id, session_id, details from audit_events
  where user_id = ${userId} and action in ('session.ended', 'session.all_ended')
`
const outcome = ({ status, problem }: { status: number; problem: { code?: string } }) => [
  status,
  problem?.code,
]

/** Past what a session check remembers. */
const wait = () => clock.advance(6)

test('lists where a user is signed in, and which of it this is', async () => {
  const first = await api.signIn()
  clock.advance(60)
  const { body: second } = await api.login(first.username)

  const { status, body } = await list(second.access_token)

  expect(status).toBe(200)
  expect(body).toMatchObject({ has_more: false, next_cursor: null })
  expect(body.data).toEqual([
    {
      id: second.session_id,
      current: true,
      ip: '192.0.2.1',
      user_agent: 'veza-tests',
      is_device_remembered: false,
      created_at: clock.now().toISOString(),
      last_seen_at: clock.now().toISOString(),
      expires_at: new Date(clock.now().getTime() + 14 * 86_400_000).toISOString(),
    },
    expect.objectContaining({ id: first.session_id, current: false }),
  ])
})

test('a refresh is seen, and moves the end away', async () => {
  const { access_token, refresh_token } = await api.signIn()
  const [before] = (await list(access_token)).body.data
  clock.advance(300)
  await refresh(refresh_token)

  const [after] = (await list(access_token)).body.data

  expect(after).toMatchObject({ created_at: before!.created_at, last_seen_at: clock.now().toISOString() })
  expect(Date.parse(after!.expires_at) - Date.parse(before!.expires_at)).toBe(300_000)
})

test('gives the list page by page', async () => {
  const { username, access_token } = await api.signIn()
  for (let i = 0; i < 4; i++) await api.login(username)

  const first = (await list(access_token, { limit: 3 })).body
  const second = (await list(access_token, { limit: 3, cursor: first.next_cursor! })).body

  expect([first.data.length, first.has_more, second.data.length, second.has_more]).toEqual([
    3,
    true,
    2,
    false,
  ])
  expect(new Set([...first.data, ...second.data].map(({ id }) => id)).size).toBe(5)
})

test("does not take the cursor of somebody else's list", async () => {
  const [one, other] = [await api.signIn(), await api.signIn()]
  await api.login(one.username)
  const { next_cursor } = (await list(one.access_token, { limit: 1 })).body

  expect(outcome(await list(other.access_token, { cursor: next_cursor! }))).toEqual([400, 'invalid_request'])
})

test('lists neither what ended nor what others have', async () => {
  const mine = await api.signIn()
  const { body: ended } = await api.login(mine.username)
  await api.signIn()
  await request(authRoutes.logout, { token: ended.access_token })
  const { body: kept } = await api.login(mine.username)
  clock.advance(13 * 86_400)
  await refresh(kept.refresh_token)
  clock.advance(2 * 86_400)
  const { body: now } = await api.login(mine.username)

  const { body } = await list(now.access_token)

  expect(body.data.map(({ id }) => id)).toEqual([now.session_id, kept.session_id])
})

test('ends one session and leaves the others', async () => {
  const here = await api.signIn()
  const { body: there } = await api.login(here.username)

  expect((await end(here.access_token, there.session_id)).status).toBe(204)

  wait()
  expect(outcome(await me(there.access_token))).toEqual([401, 'token_revoked'])
  expect(outcome(await refresh(there.refresh_token))).toEqual([401, 'session_expired'])
  expect((await me(here.access_token)).status).toBe(200)
  expect(await trailOf(here.id)).toEqual([
    {
      action: 'session.ended',
      actor_id: here.id,
      session_id: there.session_id,
      details: { by_session: here.session_id },
    },
  ])
})

test('ends the session that asks', async () => {
  const { access_token, session_id } = await api.signIn()

  expect((await end(access_token, session_id)).status).toBe(204)
  wait()
  expect(outcome(await me(access_token))).toEqual([401, 'token_revoked'])
})

test.each([
  { name: 'one of somebody else', find: async () => (await api.signIn()).session_id },
  { name: 'one that is not there', find: async () => randomUUID() },
  { name: 'what is no id', find: async () => 'current' },
])('does not find $name to end, and ends nothing', async ({ find }) => {
  const { access_token, id } = await api.signIn()
  const session_id = await find()

  expect(outcome(await end(access_token, session_id))).toEqual([404, 'not_found'])

  expect(await trailOf(id)).toEqual([])
  const rows = await db.sql`select revoked_at from sessions where id::text = ${session_id}`
  expect(rows.filter(({ revoked_at }) => revoked_at)).toEqual([])
})

test('does not find a session that ended already', async () => {
  const { access_token, username } = await api.signIn()
  const { body: other } = await api.login(username)
  await end(access_token, other.session_id)

  expect(outcome(await end(access_token, other.session_id))).toEqual([404, 'not_found'])
})

test('forgets the second factor of the device whose session is ended', async () => {
  const { access_token, id, session_id, username } = await api.signIn()
  const { body: other } = await api.login(username)
  await remember(id, session_id)
  await remember(id, other.session_id)

  expect(
    (await list(access_token)).body.data.map(({ is_device_remembered }) => is_device_remembered),
  ).toEqual([true, true])
  await end(access_token, other.session_id)

  expect((await list(access_token)).body.data).toMatchObject([{ is_device_remembered: true }])
  const devices = await db.sql`
    select trusted_until is null as is_forgotten
    from sessions join devices on devices.id = device_id
    where sessions.user_id = ${id} order by sessions.id
  `
  expect(devices.map(({ is_forgotten }) => is_forgotten)).toEqual([false, true])
})

test('logging out everywhere ends every session and every token, and forgets every device', async () => {
  const here = await api.signIn()
  const { body: there } = await api.login(here.username)
  const somebody = await api.signIn()
  await remember(here.id, there.session_id)

  expect((await request(authRoutes.logoutAll, { token: here.access_token })).status).toBe(204)

  wait()
  for (const { access_token, refresh_token } of [here, there]) {
    expect(outcome(await me(access_token))).toEqual([401, 'token_revoked'])
    expect(outcome(await refresh(refresh_token))).toEqual([401, 'session_expired'])
  }
  expect((await me(somebody.access_token)).status).toBe(200)
  expect(
    await db.sql`select id from devices where user_id = ${here.id} and trusted_until is not null`,
  ).toEqual([])
  expect(await trailOf(here.id)).toEqual([
    { action: 'session.all_ended', actor_id: here.id, session_id: here.session_id, details: { count: 2 } },
  ])
  expect((await api.login(here.username)).status).toBe(200)
})

test('logging out here leaves the other sessions, and is in the trail', async () => {
  const here = await api.signIn()
  const { body: there } = await api.login(here.username)

  expect(await request(authRoutes.logout, { token: here.access_token })).toMatchObject({
    status: 204,
    text: '',
  })

  wait()
  expect(outcome(await me(here.access_token))).toEqual([401, 'token_revoked'])
  expect((await me(there.access_token)).status).toBe(200)
  expect(await trailOf(here.id)).toMatchObject([{ action: 'session.ended', session_id: here.session_id }])
})

test.each(['listSessions', 'endSession', 'logout', 'logoutAll'] as const)(
  '%s asks for a user',
  async (name) => {
    const params = { session_id: randomUUID() }

    expect(outcome(await request(authRoutes[name], { params }))).toEqual([401, 'unauthenticated'])
  },
)

/** As a second factor passed there would. */
async function remember(user_id: string, session_id: string) {
  const trusted_until = new Date(clock.now().getTime() + 86_400_000)
  const [device] = await db.sql<[{ id: string }]>`
    insert into devices (user_id, secret_hash, trusted_until, second_factor_at)
    values (${user_id}, ${Buffer.from(randomUUID())}, ${trusted_until}, ${clock.now()}) returning id
  `
  await db.sql`update sessions set device_id = ${device.id} where id = ${session_id}`
}
