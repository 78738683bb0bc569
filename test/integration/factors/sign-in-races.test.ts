import { authRoutes } from '../../../functions/auth/routes.ts'
import type { Transaction } from '../../../lib/db/client.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createApp, enrol } from '../../support/factors.ts'

const db = useDatabase()
const openConnections = useConnections(db)
const clock = createClock()
const api = createAccountsApi(db.sql, clock)

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const liveSessions = (userId: string) =>
  db.sql`select id from sessions where user_id = ${userId} and revoked_at is null`

/** Has a change of the account under way, with the account locked, while something else is tried. */
async function meanwhile<T>(
  userId: string,
  change: (tx: Transaction) => Promise<unknown>,
  work: () => Promise<T>,
) {
  const [sql] = await openConnections(1)
  const changing = sql!.begin(async (tx) => {
    await tx`select from users where id = ${userId} for no key update`
    await change(tx)
    await pause(300)
  })
  await pause(50)
  const result = await work()
  await changing
  return result
}

test('a sign-in in the moment in which the second factor is turned on is asked for it', async () => {
  const { access_token, id, username } = await api.signIn()
  await api.request(authRoutes.setUpTwoFactor, { token: access_token })
  const before = await liveSessions(id)

  const { status, body } = await meanwhile(
    id,
    (tx) => tx`update totp_factors set enabled_at = now() where user_id = ${id}`,
    () => api.login(username),
  )

  expect([status, body]).toEqual([200, expect.objectContaining({ mfa_required: true })])
  expect(await liveSessions(id)).toEqual(before)
})

test('a device that loses its trust in the moment of a sign-in is asked for the second factor', async () => {
  const user = await enrol(api)
  const mfa_token = await user.challenge({ remember: true })
  const { body } = await api.request(authRoutes.answerTwoFactor, {
    body: { mfa_token, code: user.nextCode() },
  })

  const answer = await meanwhile(
    user.id,
    (tx) => tx`update devices set second_factor_at = null, trusted_until = null where user_id = ${user.id}`,
    () => api.login(user.username, password, { headers: { 'x-device-token': body.device_token! } }),
  )

  expect(answer.body).toMatchObject({ mfa_required: true })
})

test('a password that is replaced while it is compared leads to no second step', async () => {
  const user = await enrol(api)

  const answer = await meanwhile(
    user.id,
    (tx) => tx`update users set password_hash = 'another' where id = ${user.id}`,
    () => api.login(user.username),
  )

  expect(answer).toMatchObject({ status: 401, problem: { code: 'invalid_credentials' } })
  expect(await db.sql`select from auth_challenges where user_id = ${user.id}`).toEqual([])
})

test('a code that turned the second factor on signs nobody in, and turns nothing off', async () => {
  const user = await api.signIn()
  const { body } = await api.request(authRoutes.setUpTwoFactor, { token: user.access_token })
  const code = createApp(body.secret, clock.now)()
  await api.request(authRoutes.enableTwoFactor, { token: user.access_token, body: { code } })
  const { mfa_token } = (await api.login(user.username)).body as unknown as { mfa_token: string }

  const answers = await Promise.all([
    api.request(authRoutes.answerTwoFactor, { body: { mfa_token, code } }),
    api.request(authRoutes.disableTwoFactor, { token: user.access_token, body: { password, code } }),
    api.request(authRoutes.replaceRecoveryCodes, { token: user.access_token, body: { code } }),
    api.request(authRoutes.stepUp, { token: user.access_token, body: { password, code } }),
  ])

  expect(answers.map(({ problem }) => problem.code)).toEqual(Array(4).fill('invalid_code'))
})

test('of one code in every place that takes one, at once, one place takes it', async () => {
  const user = await enrol(api)
  const mfa_token = await user.challenge()
  const code = user.nextCode()
  const [a, b, c] = (await openConnections(3)).map((sql) => createAccountsApi(sql, clock).request)
  const token = user.access_token

  const answers = await Promise.all([
    a!(authRoutes.answerTwoFactor, { body: { mfa_token, code } }),
    b!(authRoutes.replaceRecoveryCodes, { token, body: { code } }),
    c!(authRoutes.stepUp, { token, body: { password, code } }),
  ])

  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401])
})

test('a link that resets the password goes to no address that the account leaves in the same moment', async () => {
  const { id, email, username } = await api.join()
  const moved = `moved.${username}@example.test`

  await meanwhile(
    id,
    (tx) => tx`update users set email = ${moved} where id = ${id}`,
    () => api.postbox.mail.sendPasswordReset(id),
  )

  const resets = async (address: string) =>
    (await api.postbox.mailsTo(address)).filter(({ text }) => text.includes('/reset-password?token='))
  expect(await resets(email)).toHaveLength(0)
  expect(await resets(moved)).toHaveLength(1)
})
