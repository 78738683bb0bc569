import { adminRoutes } from '../../../functions/admin/routes.ts'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { createOperatorService } from '../../../lib/admin/operator-service.ts'
import { addNotice } from '../../../lib/notices/notices.ts'
import { mostSessions } from '../../../lib/sessions/service.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { signInAs } from '../../support/admins.ts'
import { useDatabase } from '../../support/database.ts'
import { createRevocationReader } from '../../support/revocations.ts'

const { sql } = useDatabase()
const clock = createClock()
const api = createAccountsApi(sql, clock)
const { poll } = createRevocationReader(sql, clock.now)
const { request, postbox } = api

type Person = Awaited<ReturnType<typeof api.signIn>>

/** What the servers hear of a user, as `kind reason session`. */
const heardOf = async ({ id }: { readonly id: string }) =>
  (await poll()).data
    .filter(({ user_id }) => user_id === id)
    .map(({ kind, reason, session_id }) => [kind, reason, session_id].filter(Boolean).join(' '))
    .sort()

const other = async ({ username }: Person) => (await api.login(username)).body
const admin = () => signInAs(sql, api, 'admin')
const asAdmin = async (route: keyof typeof adminRoutes, { id }: Person, body: object) => {
  const { token } = await admin()
  const answer = await request(adminRoutes[route], { token, params: { user_id: id }, body })
  expect(answer.status).toBe(204)
}

test('nothing of a user who only comes and goes on', async () => {
  const person = await api.signIn()
  await request(authRoutes.refresh, { body: { refresh_token: person.refresh_token } })
  expect(await heardOf(person)).toEqual([])
})

test('a log-out ends its session', async () => {
  const person = await api.signIn()
  await request(authRoutes.logout, { token: person.access_token })
  await request(authRoutes.logout, { token: person.access_token })
  expect(await heardOf(person)).toEqual([`session logout ${person.session_id}`])
})

test('a log-out everywhere ends every session, and every token there is', async () => {
  const person = await api.signIn()
  const second = await other(person)
  await request(authRoutes.logoutAll, { token: person.access_token })
  expect(await heardOf(person)).toEqual(
    [
      `session logout_all ${person.session_id}`,
      `session logout_all ${second.session_id}`,
      'user logout_all',
    ].sort(),
  )
})

test('another session that the user ends', async () => {
  const person = await api.signIn()
  const { session_id } = await other(person)
  await request(authRoutes.endSession, { token: person.access_token, params: { session_id } })
  expect(await heardOf(person)).toEqual([`session ended_by_user ${session_id}`])
})

test('a session that gives way to the newest', async () => {
  const person = await api.signIn()
  for (let count = 1; count < mostSessions; count++) await other(person)
  expect(await heardOf(person)).toEqual([])
  clock.advance(1)
  await other(person)
  expect(await heardOf(person)).toEqual([expect.stringMatching(/^session evicted /)])
})

test('a refresh token that is used again ends its session', async () => {
  const person = await api.signIn()
  const body = { refresh_token: person.refresh_token }
  await request(authRoutes.refresh, { body })
  clock.advance(60)
  await request(authRoutes.refresh, { body })
  expect(await heardOf(person)).toEqual([`session refresh_reuse ${person.session_id}`])
})

test('a changed password ends the other sessions, and not this one', async () => {
  const person = await api.signIn()
  const { session_id } = await other(person)
  const body = { current_password: password, new_password: 'a staple of horses' }
  await request(authRoutes.changePassword, { token: person.access_token, body })
  expect(await heardOf(person)).toEqual([`session password_changed ${session_id}`])
})

test('a password that is reset ends everything', async () => {
  const person = await api.signIn()
  await request(authRoutes.forgotPassword, { body: { email: person.email } })
  const token = await postbox.tokenFor(person.email, 'reset-password')
  await request(authRoutes.resetPassword, { body: { token, password: 'a staple of horses' } })
  expect(await heardOf(person)).toEqual([
    `session password_reset ${person.session_id}`,
    'user password_reset',
  ])
})

test('a notice that is disowned ends everything', async () => {
  const person = await api.signIn()
  const notice = { user_id: person.id, kind: 'new_device', session_id: person.session_id } as const
  const origin = { ip: '', userAgent: '', requestId: 'request-1' }
  await sql.begin((tx) => addNotice(tx, notice, origin, clock.now()))
  const [message] = await sql`
    delete from outbox where type = 'mail.security_notice' returning id, type, payload, request_id, created_at
  `
  postbox.queued.push(JSON.stringify(message))
  const { text } = (await postbox.mailsTo(person.email)).at(-1)!
  const token = /not-me\?token=([\w-]+)/.exec(text)![1]!
  await request(authRoutes.disownNotice, { body: { token } })
  expect(await heardOf(person)).toEqual([`session disowned ${person.session_id}`, 'user disowned'])
})

test('a suspension ends everything', async () => {
  const person = await api.signIn()
  await asAdmin('suspendUser', person, { reason: 'Spam' })
  expect(await heardOf(person)).toEqual([`session suspended ${person.session_id}`, 'user suspended'])
})

test('a suspension that could not be recorded tells nothing', async () => {
  const { token, id } = await admin()
  const body = { reason: 'Spam' }
  expect(await request(adminRoutes.suspendUser, { token, params: { user_id: id }, body })).toMatchObject({
    status: 409,
  })
  expect(await heardOf({ id })).toEqual([])
})

test('another role, by an admin and by an operator', async () => {
  const person = await api.signIn()
  await asAdmin('changeUserRole', person, { role: 'creator' })
  await createOperatorService({ sql, now: clock.now }).grantRole(
    { action: 'grant-role', email: person.email, role: 'moderator' },
    'request-2',
  )
  expect(await heardOf(person)).toEqual(['user role_changed', 'user role_changed'])
})

test('an account that is to be deleted loses its other sessions, and all of it when it is', async () => {
  const person = await api.signIn()
  const { session_id } = await other(person)
  const body = { password }
  await request(userRoutes.deleteOwnUser, { token: person.access_token, body })
  expect(await heardOf(person)).toEqual([`session deletion_requested ${session_id}`])

  clock.advance(31 * 86_400)
  expect(await buryDueAccount(sql, clock.now())).toBe(1)

  const [told] = (await poll()).data.filter(({ user_id }) => user_id === person.id)
  expect(told).toMatchObject({ kind: 'user', reason: 'deleted', user_number: expect.any(Number) })
})

test('every user in the list is named by the number that tokens carry', async () => {
  const person = await api.signIn()
  await request(authRoutes.logout, { token: person.access_token })
  const [user] = await sql`select user_number from users where id = ${person.id}`
  const told = (await poll()).data.filter(({ user_id }) => user_id === person.id)
  expect(told).toMatchObject([{ user_number: user!.user_number, session_id: person.session_id }])
})
