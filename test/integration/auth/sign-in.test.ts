import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request, login } = api

const outcome = ({ status, problem }: { status: number; problem: { code?: string } }) => [
  status,
  problem.code,
]
const readMe = (token: string) => request(userRoutes.getOwnUser, { token })

async function registerOnly() {
  const username = `u_${randomUUID().slice(0, 8)}`
  const body = { email: `${username}@example.test`, username, password }
  await request(authRoutes.register, { body })
  return body
}

test('signs in by username or address, however they are written', async () => {
  const { username, email, id } = await api.join()

  const answers = [
    await login(username),
    await login(` ${username.toUpperCase()} `),
    await login(email.toUpperCase()),
  ]

  for (const { status, body, headers } of answers) {
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expect(body).toEqual({
      token_type: 'Bearer',
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expires_in: 900,
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
      device_token: expect.stringMatching(/^[\w-]{43}$/),
      session_id: expect.any(String),
      user: expect.objectContaining({ id, username, email }),
    })
  }
  expect(new Set(answers.map(({ body }) => body.session_id)).size).toBe(3)
})

test('the access token opens what is for users', async () => {
  const { access_token, id } = await api.signIn()

  expect(await readMe(access_token)).toMatchObject({ status: 200, body: { id } })
})

test('remembers where a session was started', async () => {
  const { username } = await api.join()
  const { body } = await login(username, password, { ip: '2001:db8::7' })

  const [row] = await db.sql`select * from sessions where id = ${body.session_id}`
  expect(row).toMatchObject({
    ip: '2001:db8::7',
    user_agent: 'veza-tests',
    created_at: clock.now(),
    idle_expires_at: new Date(clock.now().getTime() + 14 * 86_400_000),
    expires_at: new Date(clock.now().getTime() + 30 * 86_400_000),
  })
})

test('refuses a wrong password and an unknown name alike', async () => {
  const { username, email } = await api.join()

  const answers = [
    await login(username, 'wrong password'),
    await login(email, ''.padEnd(80, 'x')),
    await login('nobody_here'),
    await login('nobody@example.test'),
    await login("' or 1=1 --"),
    await login('🎧'),
  ]

  for (const { status, problem } of answers) {
    const { request_id, instance, ...rest } = problem
    expect(status).toBe(401)
    expect(rest).toEqual({
      type: '/problems/invalid_credentials',
      title: expect.any(String),
      detail: expect.any(String),
      status: 401,
      code: 'invalid_credentials',
    })
  }
})

test('tells of an unverified address only with the right password', async () => {
  const { username, email } = await registerOnly()

  expect(outcome(await login(username))).toEqual([403, 'email_not_verified'])
  expect(outcome(await login(email, 'wrong password'))).toEqual([401, 'invalid_credentials'])
  expect(
    await db.sql`select 1 from sessions join users on users.id = user_id where email = ${email}`,
  ).toEqual([])
})

test('tells of a suspension only with the right password', async () => {
  const { username, id } = await api.join()
  await db.sql`update users set suspended_at = now() where id = ${id}`

  expect(outcome(await login(username))).toEqual([403, 'account_suspended'])
  expect(outcome(await login(username, 'wrong password'))).toEqual([401, 'invalid_credentials'])
})

test.each([
  {},
  { identifier: 'nova' },
  { identifier: '', password: '' },
  { identifier: 'nova', password: 7 },
  { identifier: ['nova'], password },
  { identifier: 'nova', password, remember: 'yes' },
  { identifier: 'nova', password, cookie: 1 },
  { identifier: 'nova', password, role: 'admin' },
  { identifier: 'x'.repeat(900_000), password },
  { identifier: 'nova', password: 'x'.repeat(900_000) },
])('refuses a body that is none (%#)', async (body) => {
  expect(outcome(await request(authRoutes.login, { body }))).toEqual([422, 'validation_failed'])
})

test.each([
  { identifier: 'no\0va', password },
  { identifier: 'nova', password: 'correct\0horse' },
])('answers 400 to a NUL (%#)', async (body) => {
  expect(outcome(await request(authRoutes.login, { body }))).toEqual([400, 'invalid_request'])
})

describe('an access token', () => {
  test('is refused as soon as its session is signed out', async () => {
    const { access_token, session_id } = await api.signIn()

    const answer = await request(authRoutes.logout, { token: access_token })

    expect(answer).toMatchObject({ status: 204, text: '' })
    expect(outcome(await readMe(access_token))).toEqual([401, 'token_revoked'])
    expect(await db.sql`select revoked_at, revoked_reason from sessions where id = ${session_id}`).toEqual([
      { revoked_at: clock.now(), revoked_reason: 'logout' },
    ])
  })

  test('is refused at most 5 seconds later by whoever has just seen it', async () => {
    const { access_token } = await api.signIn()
    await readMe(access_token)
    await request(authRoutes.logout, { token: access_token })

    clock.advance(5)

    expect(outcome(await readMe(access_token))).toEqual([401, 'token_revoked'])
  })

  test('of another session of the user goes on', async () => {
    const { username, access_token } = await api.signIn()
    const { body: other } = await login(username)
    await request(authRoutes.logout, { token: access_token })

    expect((await readMe(other.access_token)).status).toBe(200)
  })

  test.each([
    { name: 'is suspended', change: { suspended_at: new Date() } },
    { name: 'has a raised token version', change: { token_version: 2 } },
  ])('is refused when its user $name', async ({ change }) => {
    const { access_token, id } = await api.signIn()
    await db.sql`update users set ${db.sql(change)} where id = ${id}`

    expect(outcome(await readMe(access_token))).toEqual([401, 'token_revoked'])
  })

  test('is refused when its user is gone', async () => {
    const { access_token, id } = await api.signIn()
    await db.sql`delete from users where id = ${id}`

    expect(outcome(await readMe(access_token))).toEqual([401, 'token_revoked'])
  })

  test('expires', async () => {
    const { access_token } = await api.signIn()
    clock.advance(931)

    expect(outcome(await readMe(access_token))).toEqual([401, 'token_expired'])
  })

  test('that is tampered with is refused', async () => {
    const { access_token } = await api.signIn()
    const [header, payload, signature] = access_token.split('.')
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString())
    const raised = Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url')

    expect(outcome(await readMe(`${header}.${raised}.${signature}`))).toEqual([401, 'unauthenticated'])
  })
})

test.each(['logout'] as const)('%s asks for a user', async (name) => {
  expect(outcome(await request(authRoutes[name]))).toEqual([401, 'unauthenticated'])
})
