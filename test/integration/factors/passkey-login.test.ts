import { authRoutes } from '../../../functions/auth/routes.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { createAuthenticator } from '../../support/authenticator.ts'
import { useDatabase } from '../../support/database.ts'
import { enrol, fullLogin, twoFactorLogin } from '../../support/factors.ts'
import { createCeremonies } from '../../support/passkeys.ts'

const db = useDatabase()
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request } = api
const { add, beginLogin, login } = createCeremonies(api)

const outcome = ({ status, problem }: { status: number; problem?: { code?: string } }) => [
  status,
  problem?.code,
]
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
const trailOf = async (userId: string, action: string) =>
  (
    await db.sql`
      select outcome, details from audit_events where user_id = ${userId} and action = ${action} order by id
    `
  ).map(({ outcome, details }) => [outcome, details])

async function joinWithPasskey(options = {}) {
  const user = await api.signIn()
  const authenticator = createAuthenticator(options)
  await add(user.access_token, authenticator)
  return { ...user, authenticator }
}

async function enrolWithPasskey() {
  const user = await enrol(api)
  const authenticator = createAuthenticator()
  await add(user.access_token, authenticator)
  return { ...user, authenticator }
}

const wrongAnswers = [
  { name: 'of a page of another origin', how: { origin: 'https://evil.example' } },
  { name: 'for another domain', how: { rpId: 'evil.example' } },
  { name: 'to another challenge', how: { challenge: 'AAAAAAAAAAAAAAAAAAAAAA' } },
  { name: 'made in a frame', how: { crossOrigin: true } },
  { name: 'of a registration', how: { type: 'webauthn.create' } },
  { name: 'with nobody present', how: { isUserPresent: false } },
  { name: 'with a forged signature', how: { isForged: true } },
  { name: 'for another user', how: { userHandle: 'AAAAAAAAAAAAAAAAAAAAAA' } },
]

describe('alone', () => {
  test('signs in as with two factors, without a name or a password', async () => {
    const { id, authenticator } = await joinWithPasskey()
    clock.advance(60)

    const { status, body, headers } = await login(authenticator)

    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(body).toMatchObject({ user: { id }, refresh_token: expect.any(String) })
    expect(claimsOf(body.access_token)).toMatchObject({
      sub: id,
      acr: 'aal2',
      auth_time: Math.floor(clock.now().getTime() / 1000),
    })
    expect(await db.sql`select sign_count, last_used_at from passkeys where user_id = ${id}`).toEqual([
      { sign_count: 2, last_used_at: clock.now() },
    ])
  })

  test('tells a stranger nothing of who has passkeys', async () => {
    const { options } = await beginLogin()

    expect(options).toMatchObject({ rpId: 'localhost', userVerification: 'required' })
    expect(options).not.toHaveProperty('allowCredentials')
  })

  test('is enough where the second factor is on', async () => {
    const { authenticator } = await enrolWithPasskey()

    expect((await login(authenticator)).body).toHaveProperty('access_token')
  })

  test('notes the device, and keeps to cookies where they are asked for', async () => {
    const { id, authenticator } = await joinWithPasskey()

    const { body, cookies } = await login(authenticator, {}, { cookie: true })

    expect(cookies.map((text) => text.split('=')[0])).toEqual(['__Host-veza_refresh', '__Host-veza_device'])
    expect(body).not.toHaveProperty('refresh_token')
    expect(
      await db.sql`select session_id from security_notices where user_id = ${id} and kind = 'new_device'`,
    ).toEqual([{ session_id: body.session_id }])
  })

  test('a remembered device need not pass the second factor after the password', async () => {
    const { username, authenticator } = await enrolWithPasskey()
    const { body } = await login(authenticator, {}, { remember: true })

    const answer = await request(fullLogin, {
      body: { identifier: username, password },
      headers: { 'x-device-token': body.device_token! },
    })

    expect(answer.body).toHaveProperty('access_token')
  })

  test.each([
    ...wrongAnswers,
    { name: 'with nobody verified', how: { isUserVerified: false } },
    { name: 'that does not say whose it is', how: { userHandle: null } },
  ])('an answer $name is refused and written down', async ({ how }) => {
    const { id, authenticator } = await joinWithPasskey()

    expect(outcome(await login(authenticator, how))).toEqual([401, 'invalid_credentials'])
    expect(await trailOf(id, 'session.refused')).toEqual([
      ['failure', { method: 'passkey', reason: 'invalid_passkey' }],
    ])
  })

  test('a passkey that is not registered is refused', async () => {
    const answer = await login(createAuthenticator(), { userHandle: 'AAAAAAAAAAAAAAAAAAAAAA' })

    expect(outcome(answer)).toEqual([401, 'invalid_credentials'])
  })

  test('a counter that does not grow is refused and written down: somebody has a copy', async () => {
    const { id, authenticator } = await joinWithPasskey()
    await login(authenticator, { signCount: 7 })

    expect(outcome(await login(authenticator, { signCount: 7 }))).toEqual([401, 'invalid_credentials'])
    expect(outcome(await login(authenticator, { signCount: 6 }))).toEqual([401, 'invalid_credentials'])
    expect(outcome(await login(authenticator, { signCount: 0 }))).toEqual([401, 'invalid_credentials'])
    expect(await trailOf(id, 'session.refused')).toEqual(
      Array(3).fill(['failure', { method: 'passkey', reason: 'sign_count' }]),
    )
    expect((await login(authenticator, { signCount: 8 })).status).toBe(200)
  })

  test('an authenticator that does not count signs in again and again', async () => {
    const { authenticator } = await joinWithPasskey({ doesCount: false, isSynced: true })

    expect((await login(authenticator)).status).toBe(200)
    expect((await login(authenticator)).status).toBe(200)
  })

  test('one answer sent ten times at once signs in once', async () => {
    const { authenticator } = await joinWithPasskey({ doesCount: false })
    const { challenge_token, options } = await beginLogin()
    const body = { challenge_token, credential: authenticator.get(options) }

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => request(authRoutes.loginWithPasskey, { body })),
    )

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ problem }) => problem.code === 'invalid_token')).toHaveLength(9)
  })

  test('a challenge is used up by a wrong answer, and ends after five minutes', async () => {
    const { authenticator } = await joinWithPasskey()
    const finish = ({ challenge_token, options }: Awaited<ReturnType<typeof beginLogin>>, how = {}) =>
      request(authRoutes.loginWithPasskey, {
        body: { challenge_token, credential: authenticator.get(options, how) },
      })

    const tried = await beginLogin()
    await finish(tried, { isForged: true })
    expect(outcome(await finish(tried))).toEqual([400, 'invalid_token'])

    const late = await beginLogin()
    clock.advance(300)
    expect(outcome(await finish(late))).toEqual([400, 'invalid_token'])
  })

  test.each([
    { name: 'is suspended', change: { suspended_at: new Date(0) }, code: 'account_suspended' },
    { name: 'is not verified', change: { email_verified_at: null }, code: 'email_not_verified' },
    {
      name: 'must reset the password',
      change: { must_reset_password: true },
      code: 'password_reset_required',
    },
  ])('refuses who $name', async ({ change, code }) => {
    const { id, authenticator } = await joinWithPasskey()
    await db.sql`update users set ${db.sql(change)} where id = ${id}`

    expect(outcome(await login(authenticator))).toEqual([403, code])
    expect(await trailOf(id, 'session.refused')).toEqual([['failure', { method: 'passkey', reason: code }]])
  })
})

describe('as the second factor', () => {
  test('is offered where there is one', async () => {
    const { username, authenticator } = await enrolWithPasskey()
    const { body } = await request(twoFactorLogin, { body: { identifier: username, password } })

    expect(body.methods).toEqual(['totp', 'recovery_code', 'passkey'])
    const { options } = await beginLogin(body.mfa_token)
    expect(options.allowCredentials).toMatchObject([{ id: authenticator.credentialId }])
  })

  test.each([
    { name: 'that verifies its user', how: {} },
    {
      name: 'that only says somebody is there, and not who',
      how: { isUserVerified: false, userHandle: null },
    },
  ])('finishes the sign-in with a passkey $name', async ({ how }) => {
    const { id, authenticator, challenge } = await enrolWithPasskey()

    const { status, body } = await login(authenticator, how, { mfa_token: await challenge() })

    expect(status).toBe(200)
    expect(claimsOf(body.access_token)).toMatchObject({ sub: id, acr: 'aal2' })
    expect(await trailOf(id, 'two_factor.challenged')).toEqual([['success', { method: 'passkey' }]])
  })

  test.each(wrongAnswers)('an answer $name is refused and written down', async ({ how }) => {
    const { id, authenticator, challenge } = await enrolWithPasskey()

    const answer = await login(authenticator, how, { mfa_token: await challenge() })

    expect(outcome(answer)).toEqual([401, 'invalid_code'])
    expect(await trailOf(id, 'two_factor.challenged')).toEqual([['failure', {}]])
  })

  test('the passkey of somebody else is none', async () => {
    const { challenge } = await enrolWithPasskey()
    const other = await joinWithPasskey()

    const answer = await login(other.authenticator, {}, { mfa_token: await challenge() })
    expect(outcome(answer)).toEqual([401, 'invalid_code'])
  })

  test('a copied passkey is refused and written down', async () => {
    const { id, authenticator, challenge } = await enrolWithPasskey()
    await login(authenticator, { signCount: 9 })

    const answer = await login(authenticator, { signCount: 5 }, { mfa_token: await challenge() })

    expect(outcome(answer)).toEqual([401, 'invalid_code'])
    expect(await trailOf(id, 'session.refused')).toEqual([
      ['failure', { method: 'passkey', reason: 'sign_count' }],
    ])
  })

  test('counts among the five attempts of the sign-in', async () => {
    const { authenticator, challenge, nextCode } = await enrolWithPasskey()
    const mfa_token = await challenge()
    for (let attempt = 0; attempt < 5; attempt++)
      await login(authenticator, { isForged: true }, { mfa_token })

    const code = await request(authRoutes.answerTwoFactor, { body: { mfa_token, code: nextCode() } })
    const options = await request(authRoutes.getPasskeyLoginOptions, { body: { mfa_token } })

    expect(outcome(code)).toEqual([401, 'invalid_code'])
    expect(outcome(options)).toEqual([401, 'invalid_code'])
  })

  test('the challenges of the two ways are not for one another', async () => {
    const { authenticator, challenge } = await enrolWithPasskey()
    const mfa_token = await challenge()
    const alone = await beginLogin()
    const second = await beginLogin(mfa_token)
    const body = (begun: typeof alone) => ({
      challenge_token: begun.challenge_token,
      credential: authenticator.get(begun.options),
    })

    const forSecond = await request(authRoutes.loginWithPasskey, { body: { ...body(alone), mfa_token } })
    const forAlone = await request(authRoutes.loginWithPasskey, { body: body(second) })

    expect(outcome(forSecond)).toEqual([401, 'invalid_code'])
    expect(outcome(forAlone)).toEqual([400, 'invalid_token'])
  })

  test('is not asked of an account that has none', async () => {
    const { challenge } = await enrol(api)

    const answer = await request(authRoutes.getPasskeyLoginOptions, {
      body: { mfa_token: await challenge() },
    })
    expect(outcome(answer)).toEqual([400, 'invalid_request'])
  })

  test('an account with a passkey and no code of an app signs in by its password', async () => {
    const { username } = await joinWithPasskey()

    expect((await api.login(username)).body).toHaveProperty('access_token')
  })
})

test.each([
  {},
  { challenge_token: 'x' },
  { challenge_token: 'x', credential: {} },
  { challenge_token: 'x', credential: 'y' },
  {
    challenge_token: 'x',
    credential: { id: 'a', rawId: 'a', type: 'public-key', response: { signature: '%' } },
  },
])('refuses a body that is none (%#)', async (body) => {
  expect(outcome(await request(authRoutes.loginWithPasskey, { body }))).toEqual([422, 'validation_failed'])
})
