import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const openConnections = useConnections(db)
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request, login } = api

const hashOf = async (id: string): Promise<string> =>
  (await db.sql`select password_hash from users where id = ${id}`)[0]!.password_hash

const nova = { email: 'nova.live@example.test', username: 'nova_dj', display_name: 'Nova Live Sets' }

test.each([
  { name: 'known from a breach', chosen: 'iloveyou1', code: 'password_breached' },
  { name: 'known in other case', chosen: 'IloveYOU1', code: 'password_breached' },
  { name: 'the username and more', chosen: 'nova_dj!!', code: 'password_too_similar' },
  { name: 'the name', chosen: 'nova live sets', code: 'password_too_similar' },
  { name: 'the address', chosen: 'nova.live@example.test', code: 'password_too_similar' },
  { name: 'the mailbox', chosen: 'nova.live9', code: 'password_too_similar' },
  { name: '73 bytes', chosen: `${'é'.repeat(36)}x`, code: 'password_too_long' },
])('refuses a password at registration: $name', async ({ chosen, code }) => {
  const { status, problem, text } = await request(authRoutes.register, {
    body: { ...nova, password: chosen },
  })

  expect(status).toBe(422)
  expect(problem.errors).toMatchObject([{ pointer: '#/body/password', code }])
  expect(text).not.toContain(chosen)
})

test('refuses what the service that knows breaches knows', async () => {
  const asked: string[] = []
  const isPwned = async (text: string) => {
    asked.push(text)
    return true
  }
  const strict = createAccountsApi(db.sql, clock, { isPwned })

  const answer = await strict.request(authRoutes.register, { body: { ...nova, password } })

  expect(answer.problem.errors).toMatchObject([{ code: 'password_breached' }])
  expect(asked).toEqual([password])
})

test('tells of a weak password before it tells of a taken name or address', async () => {
  const { email, username } = await api.join()
  const body = { email, username, password: 'password1' }

  expect((await request(authRoutes.register, { body })).status).toBe(422)
})

test('never asks for kinds of characters', async () => {
  const username = `u_${randomUUID().slice(0, 8)}`
  const body = { email: `${username}@example.test`, username, password: 'only small letters' }

  expect((await request(authRoutes.register, { body })).status).toBe(202)
})

describe('a hash that has become too cheap', () => {
  const dear = createAccountsApi(db.sql, clock, { cost: 5 })

  test('is replaced at the next sign-in, and the password stays', async () => {
    const { id, username } = await api.join()
    const before = await hashOf(id)

    expect((await dear.login(username)).status).toBe(200)
    const after = await hashOf(id)

    expect([before.slice(0, 7), after.slice(0, 7)]).toEqual(['$2b$04$', '$2b$05$'])
    expect((await dear.login(username)).status).toBe(200)
    expect(await hashOf(id)).toBe(after)
  })

  test.each([
    { name: 'a wrong password', given: 'not the password', shut: {} },
    { name: 'a suspended user', given: password, shut: { suspended_at: new Date() } },
  ])('stays at the sign-in of $name', async ({ given, shut }) => {
    const { id, username } = await api.join()
    if ('suspended_at' in shut) await db.sql`update users set ${db.sql(shut)} where id = ${id}`
    const before = await hashOf(id)

    await dear.login(username, given)

    expect(await hashOf(id)).toBe(before)
  })

  test('is replaced by one of many sign-ins at once, and all of them succeed', async () => {
    const { id, username } = await api.join()
    const apis = (await openConnections(6)).map((sql) => createAccountsApi(sql, clock, { cost: 5 }))

    const answers = await Promise.all(apis.map((each) => each.login(username)))

    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200))
    expect(await hashOf(id)).toMatch(/^\$2b\$05\$/)
  })

  test('gives way to a password that is changed meanwhile', async () => {
    const { id, username, access_token } = await api.signIn()
    const [sql] = await openConnections(1)
    const slow = createAccountsApi(sql!, clock, { cost: 8 })

    await Promise.all([
      slow.login(username),
      request(authRoutes.changePassword, {
        token: access_token,
        body: { current_password: password, new_password: 'a staple of horses' },
      }),
    ])

    expect((await login(username, 'a staple of horses')).status).toBe(200)
    expect(await hashOf(id)).toBeDefined()
  })
})

describe('a sign-in that is refused is written down', () => {
  const refusals = async () => db.sql`
    select user_id, outcome, details from audit_events where action = 'session.refused' order by at, id
  `

  test('with the reason, for nobody too, and with no word of what was sent', async () => {
    const { id, username } = await api.join()
    await login(username, 'not the password')
    await login('nobody_here', 'not the password')
    await db.sql`update users set suspended_at = now() where id = ${id}`
    await login(username)

    expect((await refusals()).slice(-3)).toEqual([
      { user_id: id, outcome: 'failure', details: { reason: 'invalid_credentials' } },
      { user_id: null, outcome: 'failure', details: { reason: 'invalid_credentials' } },
      { user_id: id, outcome: 'failure', details: { reason: 'account_suspended' } },
    ])
  })
})
