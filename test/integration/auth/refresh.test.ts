import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { hashToken } from '../../../lib/auth/one-time-tokens.ts'
import { createAccountsApi, createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const openConnections = useConnections(db)
const daySeconds = 86_400

/** A signed-in user under a clock of their own. */
async function setUp() {
  const clock = createClock()
  const api = createAccountsApi(db.sql, clock)
  const session = await api.signIn()
  const refresh = (refresh_token: unknown) => api.request(authRoutes.refresh, { body: { refresh_token } })
  const findSession = async () => (await db.sql`select * from sessions where id = ${session.session_id}`)[0]!
  return { api, clock, session, refresh, findSession }
}

const outcome = ({ status, problem }: { status: number; problem: { code?: string } }) => [
  status,
  problem.code,
]

test('gives a new pair, and the new refresh token does so again', async () => {
  const { api, session, refresh } = await setUp()

  const first = await refresh(session.refresh_token)
  const second = await refresh(first.body.refresh_token)

  expect([first.status, second.status]).toEqual([200, 200])
  expect(first.body).toMatchObject({
    token_type: 'Bearer',
    expires_in: 900,
    session_id: session.session_id,
    user: { id: session.id, email: session.email },
  })
  const tokens = [session, first.body, second.body].map(({ refresh_token }) => refresh_token)
  expect(new Set(tokens).size).toBe(3)
  expect((await api.request(userRoutes.getOwnUser, { token: second.body.access_token })).status).toBe(200)
})

test('answers the previous token with the same successor for 30 seconds', async () => {
  const { clock, session, refresh } = await setUp()
  const first = await refresh(session.refresh_token)

  clock.advance(30)
  const again = await refresh(session.refresh_token)

  expect(again.status).toBe(200)
  expect(again.body.refresh_token).toBe(first.body.refresh_token)
  expect((await refresh(again.body.refresh_token)).status).toBe(200)
})

test('does not let the 30 seconds slide', async () => {
  const { clock, session, refresh, findSession } = await setUp()
  await refresh(session.refresh_token)
  const { rotated_at, counter } = await findSession()

  for (const seconds of [12, 12]) {
    clock.advance(seconds)
    expect((await refresh(session.refresh_token)).status).toBe(200)
  }
  expect(await findSession()).toMatchObject({ rotated_at, counter })
  clock.advance(6.001)

  expect(outcome(await refresh(session.refresh_token))).toEqual([401, 'refresh_token_already_used'])
})

test('a used token that comes back ends the family, and the user is told', async () => {
  const { api, clock, session, refresh, findSession } = await setUp()
  const { body: current } = await refresh(session.refresh_token)
  clock.advance(31)

  expect(outcome(await refresh(session.refresh_token))).toEqual([401, 'refresh_token_already_used'])

  expect(outcome(await refresh(current.refresh_token))).toEqual([401, 'session_expired'])
  expect(outcome(await api.request(userRoutes.getOwnUser, { token: current.access_token }))).toEqual([
    401,
    'token_revoked',
  ])
  expect(await findSession()).toMatchObject({ revoked_reason: 'refresh_reuse', sealed_successor: null })
  expect((await api.postbox.mailsTo(session.email)).at(-1)).toMatchObject({
    subject: 'We ended one of your sessions',
  })
})

test('a token two places back ends the family even within the 30 seconds', async () => {
  const { session, refresh } = await setUp()
  const { body: first } = await refresh(session.refresh_token)
  await refresh(first.refresh_token)

  expect(outcome(await refresh(session.refresh_token))).toEqual([401, 'refresh_token_already_used'])
  expect(outcome(await refresh(first.refresh_token))).toEqual([401, 'session_expired'])
})

test('the grace window does not revive a session that ended', async () => {
  const { api, session, refresh } = await setUp()
  const { body } = await refresh(session.refresh_token)
  await api.request(authRoutes.logout, { token: body.access_token })

  expect(outcome(await refresh(session.refresh_token))).toEqual([401, 'session_expired'])
})

test('ends one family and leaves the other sessions of the user', async () => {
  const { api, clock, session, refresh } = await setUp()
  const { body: other } = await api.login(session.username)
  await refresh(session.refresh_token)
  clock.advance(31)
  await refresh(session.refresh_token)

  expect((await refresh(other.refresh_token)).status).toBe(200)
})

test('of 50 refreshes at once all get the one successor', async () => {
  const { clock, session, refresh, findSession } = await setUp()
  const apis = (await openConnections(50)).map((sql) => createAccountsApi(sql, clock))

  const answers = await Promise.all(
    apis.map(({ request }) =>
      request(authRoutes.refresh, { body: { refresh_token: session.refresh_token } }),
    ),
  )

  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
  const successors = new Set(answers.map(({ body }) => body.refresh_token))
  expect(successors.size).toBe(1)
  expect(await findSession()).toMatchObject({ counter: 1, revoked_at: null })
  const tokens = await db.sql`
    select counter from refresh_tokens where session_id = ${session.session_id} order by counter
  `
  expect(tokens.map(({ counter }) => counter)).toEqual([0, 1])
  expect((await refresh([...successors][0])).status).toBe(200)
})

test.each([
  { name: 'unused for 14 days', days: [14], code: 'session_expired' },
  { name: 'used within 14 days each time, after 30 days', days: [13, 13, 4], code: 'session_expired' },
  { name: 'used within 14 days each time, just before 30 days', days: [13, 13, 3.9], code: undefined },
])('a session $name: $code', async ({ days, code }) => {
  const { clock, session, refresh } = await setUp()
  let answer = await refresh(session.refresh_token)
  let token = answer.body.refresh_token

  for (const count of days) {
    clock.advance(count * daySeconds)
    answer = await refresh(token)
    token = answer.body?.refresh_token ?? token
  }

  expect(outcome(answer)).toEqual(code ? [401, code] : [200, undefined])
})

test('refuses the refresh of a suspended user and goes on once that is lifted', async () => {
  const { session, refresh } = await setUp()
  await db.sql`update users set suspended_at = now() where id = ${session.id}`
  const refused = await refresh(session.refresh_token)
  await db.sql`update users set suspended_at = null where id = ${session.id}`

  expect(outcome(refused)).toEqual([403, 'account_suspended'])
  expect((await refresh(session.refresh_token)).status).toBe(200)
})

test('a refresh after the token version was raised gives tokens of that version', async () => {
  const { api, session, refresh } = await setUp()
  await db.sql`update users set token_version = token_version + 1, role = 'creator' where id = ${session.id}`

  const { body } = await refresh(session.refresh_token)
  const me = await api.request(userRoutes.getOwnUser, { token: body.access_token })

  expect(me).toMatchObject({ status: 200, body: { role: 'creator' } })
})

test('keeps hashes and one sealed copy, no token', async () => {
  const { session, refresh, findSession } = await setUp()
  const { body } = await refresh(session.refresh_token)

  const dump = JSON.stringify([
    await findSession(),
    await db.sql`select *, encode(token_hash, 'escape') from refresh_tokens`,
  ])
  expect(dump).not.toContain(session.refresh_token)
  expect(dump).not.toContain(body.refresh_token)
  const [stored] = await db.sql`
    select counter from refresh_tokens where token_hash = ${hashToken(body.refresh_token!)}
  `
  expect(stored).toEqual({ counter: 1 })
})

test.each(['unknown', 'x'.repeat(43), '🎧', "' or 1=1 --"])('does not know the token %s', async (token) => {
  const { refresh } = await setUp()

  expect(outcome(await refresh(token))).toEqual([401, 'refresh_token_not_found'])
})

test('does not take an access token for a refresh token', async () => {
  const { session, refresh } = await setUp()

  expect(outcome(await refresh(session.access_token))).toEqual([401, 'refresh_token_not_found'])
})

test('a suspension that is over no longer counts, and one with an end counts until then', async () => {
  const { clock, session, refresh } = await setUp()
  const suspended_until = new Date(clock.now().getTime() + 60_000)
  await db.sql`
    update users set suspended_at = ${clock.now()}, suspended_until = ${suspended_until} where id = ${session.id}
  `

  expect(outcome(await refresh(session.refresh_token))).toEqual([403, 'account_suspended'])
  clock.advance(60)
  expect((await refresh(session.refresh_token)).status).toBe(200)
})

test('the end of a session comes before a suspension, and both before the reuse of a token', async () => {
  const { api, clock, session, refresh } = await setUp()
  const { body } = await refresh(session.refresh_token)
  clock.advance(31)
  await db.sql`update users set suspended_at = ${clock.now()} where id = ${session.id}`

  expect(outcome(await refresh(session.refresh_token))).toEqual([403, 'account_suspended'])
  await db.sql`update users set suspended_at = null where id = ${session.id}`
  await api.request(authRoutes.logout, { token: body.access_token })
  expect(outcome(await refresh(session.refresh_token))).toEqual([401, 'session_expired'])
})

test('refuses a deleted user', async () => {
  const { session, refresh } = await setUp()
  await db.sql`update users set deleted_at = now() where id = ${session.id}`

  expect(outcome(await refresh(session.refresh_token))).toEqual([401, 'session_expired'])
})

test.each([
  { name: 'unused for an hour', seconds: [3_600], code: 'session_expired' },
  { name: 'used within the hour', seconds: [3_599, 3_599], code: undefined },
  { name: 'used all day', seconds: Array(25).fill(3_500), code: 'session_expired' },
])('a session of an admin $name: $code', async ({ seconds, code }) => {
  const { api, clock, session } = await setUp()
  await db.sql`update users set role = 'admin' where id = ${session.id}`
  let { body, ...answer } = await api.login(session.username)

  for (const count of seconds) {
    clock.advance(count)
    const { body: next, ...rest } = await api.request(authRoutes.refresh, {
      body: { refresh_token: body.refresh_token },
    })
    answer = rest
    body = next.refresh_token ? next : body
  }

  expect(outcome(answer)).toEqual(code ? [401, code] : [200, undefined])
})

test('tells the trail why a session was refused', async () => {
  const { clock, session, refresh } = await setUp()
  clock.advance(15 * daySeconds)
  await refresh(session.refresh_token)

  const rows = await db.sql`
    select action, outcome, session_id, host(ip) as ip, user_agent, details from audit_events
    where user_id = ${session.id} and outcome = 'failure'
  `
  expect(rows).toEqual([
    {
      action: 'session.refused',
      outcome: 'failure',
      session_id: session.session_id,
      ip: '192.0.2.1',
      user_agent: 'veza-tests',
      details: { code: 'session_expired' },
    },
  ])
})

test.each([{}, { refresh_token: null }, { refresh_token: '' }, { refresh_token: 'x', cookie: true }])(
  'refuses the body %j',
  async (body) => {
    const { api } = await setUp()

    expect(outcome(await api.request(authRoutes.refresh, { body }))).toEqual([422, 'validation_failed'])
  },
)
