import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const openConnections = useConnections(db)
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request, login, postbox } = api

const fresh = 'a staple of horses'
const forgot = (email: unknown) => request(authRoutes.forgotPassword, { body: { email } })
const reset = (token: string, chosen = fresh) =>
  request(authRoutes.resetPassword, { body: { token, password: chosen } })
const readMe = (token: string) => request(userRoutes.getOwnUser, { token })
const outcome = ({ status, problem }: { status: number; problem: { code?: string } | undefined }) => [
  status,
  problem?.code,
]
const auditOf = (action: string) => db.sql`
  select outcome, actor_id, user_id, details from audit_events where action = ${action} order by at, id
`

async function forgetful() {
  const person = await api.signIn()
  await forgot(person.email)
  return { ...person, token: await postbox.tokenFor(person.email, 'reset-password') }
}

test('a mailed link resets the password and ends every session', async () => {
  const person = await forgetful()
  const other = await login(person.username)

  expect((await reset(person.token)).status).toBe(204)

  expect(outcome(await login(person.username))).toEqual([401, 'invalid_credentials'])
  expect((await login(person.username, fresh)).status).toBe(200)
  clock.advance(6)
  for (const { access_token } of [person, other.body]) {
    expect(outcome(await readMe(access_token))).toEqual([401, 'token_revoked'])
  }
  const body = { refresh_token: person.refresh_token! }
  expect(outcome(await request(authRoutes.refresh, { body }))).toEqual([401, 'session_expired'])
})

test('leaves no session of a sign-in that was under way with the old password', async () => {
  const { id, username, token } = await forgetful()
  const apis = (await openConnections(12)).map((sql) => createAccountsApi(sql, clock))

  const [, ...signIns] = await Promise.all([reset(token), ...apis.map(({ login: send }) => send(username))])

  for (const { status } of signIns) expect([200, 401]).toContain(status)
  expect(await db.sql`select 1 from sessions where user_id = ${id} and revoked_at is null`).toEqual([])
})

test('ends a sign-in that waits for its second factor', async () => {
  const { id, token } = await forgetful()
  await db.sql`
    insert into auth_challenges (token_hash, user_id, kind, expires_at)
    values (${Buffer.from(id)}, ${id}, 'second_factor', now() + interval '5 minutes')
  `

  await reset(token)

  expect(await db.sql`select 1 from auth_challenges where user_id = ${id}`).toEqual([])
})

test('signs nobody in, and tells the owner by mail', async () => {
  const { token, email } = await forgetful()

  const answer = await reset(token)

  expect(answer).toMatchObject({ status: 204, text: '' })
  expect(answer.headers).not.toHaveProperty('set-cookie')
  expect((await postbox.mailsTo(email)).at(-1)?.subject).toBe('Your Veza password was reset')
})

test('raises the token version, takes back the order to reset, and leaves the second factor', async () => {
  const { id, token } = await forgetful()
  await db.sql`update users set must_reset_password = true where id = ${id}`
  await db.sql`insert into totp_factors (user_id, sealed_secret, kid, enabled_at) values (${id}, 'x', '1', now())`
  const [before] = await db.sql`select token_version from users where id = ${id}`

  await reset(token)

  const [after] = await db.sql`select * from users where id = ${id}`
  expect(after).toMatchObject({
    must_reset_password: false,
    token_version: before!.token_version + 1,
    password_changed_at: clock.now(),
  })
  expect(await db.sql`select 1 from totp_factors where user_id = ${id}`).toHaveLength(1)
})

test('answers everybody the same and mails only whoever has the address', async () => {
  const { email } = await api.join()
  const gone = await api.join()
  await db.sql`update users set deleted_at = now() where id = ${gone.id}`
  const addresses = [email, 'nobody@example.test', gone.email]

  const answers = []
  for (const address of addresses) answers.push(await forgot(address))
  const queued = postbox.queued.length
  const counts = []
  for (const address of addresses) {
    const mails = await postbox.mailsTo(address)
    counts.push(mails.filter(({ subject }) => subject === 'Reset your Veza password').length)
  }

  expect(answers.map(({ status, text }) => [status, text])).toEqual(
    Array(3).fill([202, '{"status":"accepted"}']),
  )
  expect(queued).toBe(3)
  expect(counts).toEqual([1, 0, 0])
})

test('is written down, for nobody too', async () => {
  const { email, id, token } = await forgetful()
  await forgot(`${randomUUID()}@example.test`)
  await reset(token)
  await reset('x'.repeat(43))

  expect((await auditOf('password.forgotten')).slice(-2)).toMatchObject([
    { outcome: 'success', user_id: id, details: {} },
    { outcome: 'failure', user_id: null, details: {} },
  ])
  expect((await auditOf('password.reset')).slice(-2)).toMatchObject([
    { outcome: 'success', user_id: id, actor_id: id },
    { outcome: 'failure', user_id: null },
  ])
  expect(email).toBeDefined()
})

test('keeps neither the password nor the token as they are', async () => {
  const { token } = await forgetful()

  const dump = JSON.stringify([
    await db.sql`select encode(token_hash, 'escape'), encode(token_hash, 'base64') from email_tokens`,
    await db.sql`select * from outbox`,
    await db.sql`select * from audit_events`,
  ])

  expect(token).toMatch(/^[\w-]{43}$/)
  for (const secret of [password, token, Buffer.from(token, 'base64url').toString('base64')]) {
    expect(dump).not.toContain(secret)
  }
})

test('proves the address of an account that was never verified', async () => {
  const username = `u_${randomUUID().slice(0, 8)}`
  const email = `${username}@example.test`
  await request(authRoutes.register, { body: { email, username, password } })
  const verification = await postbox.tokenFor(email)
  await forgot(email)

  await reset(await postbox.tokenFor(email, 'reset-password'))

  expect((await login(username, fresh)).status).toBe(200)
  const answer = await request(authRoutes.verifyEmail, { body: { token: verification } })
  expect(outcome(answer)).toEqual([400, 'invalid_token'])
})

test('is open to a suspended user, who stays suspended', async () => {
  const { id, username, token } = await forgetful()
  await db.sql`update users set suspended_at = now() where id = ${id}`

  expect((await reset(token)).status).toBe(204)
  expect(outcome(await login(username, fresh))).toEqual([403, 'account_suspended'])
})

test('gives up a change of address that was under way', async () => {
  const { access_token, email, token } = await forgetful()
  const body = { new_email: `new-${email}`, password }
  await request(authRoutes.changeEmail, { token: access_token, body })
  const confirmation = await postbox.tokenFor(email, 'confirm-email-change')

  await reset(token)

  const answer = await request(authRoutes.confirmEmailChange, { body: { token: confirmation } })
  expect(outcome(answer)).toEqual([400, 'invalid_token'])
})

describe('a link', () => {
  test('works once', async () => {
    const { token } = await forgetful()

    expect(outcome(await reset(token))).toEqual([204, undefined])
    expect(outcome(await reset(token, 'another of these'))).toEqual([400, 'invalid_token'])
  })

  test('works once, also when it is used twenty times at once', async () => {
    const { token, username } = await forgetful()
    const apis = (await openConnections(20)).map((sql) => createAccountsApi(sql, clock))
    const chosen = apis.map((_, at) => `${fresh} number ${at}`)

    const answers = await Promise.all(
      apis.map(({ request: send }, at) =>
        send(authRoutes.resetPassword, { body: { token, password: chosen[at] } }),
      ),
    )

    const statuses = answers.map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([204, ...Array(19).fill(400)])
    expect((await login(username, chosen[statuses.indexOf(204)])).status).toBe(200)
  })

  test('ends after an hour', async () => {
    const { token } = await forgetful()
    clock.advance(3_600)

    expect(outcome(await reset(token))).toEqual([400, 'invalid_token'])
  })

  test('dies with another one that is used', async () => {
    const { token: first, email } = await forgetful()
    clock.advance(1)
    await forgot(email)
    const second = await postbox.tokenFor(email, 'reset-password')

    expect((await reset(second)).status).toBe(204)
    expect(outcome(await reset(first))).toEqual([400, 'invalid_token'])
  })

  test('outlives a password that is refused', async () => {
    const { token, username } = await forgetful()

    for (const weak of ['password1', `${username}1`]) {
      expect(outcome(await reset(token, weak))).toEqual([422, 'validation_failed'])
    }
    expect((await reset(token)).status).toBe(204)
  })

  test('of another purpose resets nothing', async () => {
    const username = `u_${randomUUID().slice(0, 8)}`
    const email = `${username}@example.test`
    await request(authRoutes.register, { body: { email, username, password } })

    expect(outcome(await reset(await postbox.tokenFor(email)))).toEqual([400, 'invalid_token'])
  })

  test('of a user who is gone resets nothing', async () => {
    const { id, token } = await forgetful()
    await db.sql`update users set deleted_at = now() where id = ${id}`

    expect(outcome(await reset(token))).toEqual([400, 'invalid_token'])
  })
})

test.each([
  { name: 'no token', body: { password: fresh }, pointer: '#/body/token' },
  { name: 'no password', body: { token: 'x' }, pointer: '#/body/password' },
  { name: 'a short password', body: { token: 'x', password: '1234567' }, pointer: '#/body/password' },
  { name: 'a long one', body: { token: 'x', password: 'x'.repeat(73) }, pointer: '#/body/password' },
  { name: 'an unknown field', body: { token: 'x', password: fresh, id: 1 }, pointer: '#/body/id' },
])('refuses $name', async ({ body, pointer }) => {
  const { status, problem } = await request(authRoutes.resetPassword, { body })

  expect([status, problem.code, problem.errors?.[0]?.pointer]).toEqual([422, 'validation_failed', pointer])
})

test.each([{}, { email: 'nobody' }, { email: 7 }, { email: 'a@b.example', more: 1 }])(
  'refuses to mail %j',
  async (body) => {
    expect(outcome(await request(authRoutes.forgotPassword, { body }))).toEqual([422, 'validation_failed'])
  },
)
