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
const change = (token: string | undefined, new_password = fresh, current_password = password) =>
  request(authRoutes.changePassword, { token, body: { current_password, new_password } })
const readMe = (token: string) => request(userRoutes.getOwnUser, { token })
const outcome = ({ status, problem }: { status: number; problem: { code?: string } | undefined }) => [
  status,
  problem?.code,
]

test('replaces the password, keeps this session and ends the others', async () => {
  const person = await api.signIn()
  const other = await login(person.username)

  expect(await change(person.access_token)).toMatchObject({ status: 204, text: '' })

  clock.advance(6)
  expect((await readMe(person.access_token)).status).toBe(200)
  expect(outcome(await readMe(other.body.access_token))).toEqual([401, 'token_revoked'])
  expect(outcome(await login(person.username))).toEqual([401, 'invalid_credentials'])
  expect((await login(person.username, fresh)).status).toBe(200)
})

test('tells the owner, writes it down and kills the links that reset', async () => {
  const { access_token, id, email, session_id } = await api.signIn()
  await request(authRoutes.forgotPassword, { body: { email } })
  const token = await postbox.tokenFor(email, 'reset-password')

  await change(access_token)

  expect((await postbox.mailsTo(email)).at(-1)?.subject).toBe('Your Veza password was changed')
  const reset = await request(authRoutes.resetPassword, { body: { token, password: 'yet another one' } })
  expect(outcome(reset)).toEqual([400, 'invalid_token'])
  const trail = await db.sql`
    select outcome, actor_id, session_id from audit_events
    where action = 'password.changed' and user_id = ${id}
  `
  expect(trail).toEqual([{ outcome: 'success', actor_id: id, session_id }])
})

test('refuses a wrong present password, and writes that down', async () => {
  const { access_token, id, username } = await api.signIn()

  expect(outcome(await change(access_token, fresh, 'not the password'))).toEqual([401, 'invalid_credentials'])
  expect(outcome(await change(access_token, fresh, 'x'.repeat(100)))).toEqual([401, 'invalid_credentials'])

  expect((await login(username)).status).toBe(200)
  const trail = await db.sql`
    select outcome from audit_events where action = 'password.changed' and user_id = ${id}
  `
  expect(trail).toEqual([{ outcome: 'failure' }, { outcome: 'failure' }])
})

test.each([
  { name: 'the present one', chosen: () => password, code: 'password_unchanged' },
  { name: 'a known one', chosen: () => 'Password1', code: 'password_breached' },
  {
    name: 'the username and a digit',
    chosen: (username: string) => `${username}1`,
    code: 'password_too_similar',
  },
  { name: 'one over 72 bytes', chosen: () => 'é'.repeat(37), code: 'password_too_long' },
  { name: 'a short one', chosen: () => '1234567', code: 'too_small' },
])('refuses $name: $code', async ({ chosen, code }) => {
  const { access_token, username } = await api.signIn()

  const { status, problem } = await change(access_token, chosen(username))

  expect(status).toBe(422)
  expect(problem).toMatchObject({
    code: 'validation_failed',
    errors: [{ pointer: '#/body/new_password', code }],
  })
  expect((await login(username)).status).toBe(200)
})

test('asks for a fresh sign-in', async () => {
  const { access_token } = await api.signIn()
  clock.advance(15 * 60 + 1)

  const later = await change(access_token)

  expect(outcome(later)[0]).toBe(401)
  expect(['step_up_required', 'token_expired']).toContain(later.problem.code)
})

test('is for nobody without a token', async () => {
  expect(outcome(await change(undefined))).toEqual([401, 'unauthenticated'])
})

test('of many changes at once one is made', async () => {
  const { access_token, username } = await api.signIn()
  const apis = (await openConnections(5)).map((sql) => createAccountsApi(sql, clock))
  const chosen = apis.map((_, at) => `${fresh} number ${at}`)

  const answers = await Promise.all(
    apis.map(({ request: send }, at) =>
      send(authRoutes.changePassword, {
        token: access_token,
        body: { current_password: password, new_password: chosen[at] },
      }),
    ),
  )

  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 204)).toHaveLength(1)
  for (const status of statuses) expect([204, 401, 409]).toContain(status)
  expect((await login(username, chosen[statuses.indexOf(204)])).status).toBe(200)
})
