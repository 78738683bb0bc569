import { Secret, TOTP } from 'otpauth'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../../lib/auth/tokens.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const minutes = 60

async function setUp() {
  const clock = createClock()
  const api = createAccountsApi(db.sql, clock)
  const session = await api.signIn()
  const stepUp = (token: string, body: object) => api.request(authRoutes.stepUp, { token, body })
  /** A route that asks for a step-up. */
  const sensitive = (token: string) => api.request(authRoutes.setUpTwoFactor, { token })
  const refresh = async (refresh_token: string) =>
    (await api.request(authRoutes.refresh, { body: { refresh_token } })).body
  const trail = () => db.sql`
    select outcome, actor_id, session_id, details from audit_events
    where user_id = ${session.id} and action = 'session.stepped_up' order by id
  `
  return { clock, api, session, stepUp, sensitive, refresh, trail }
}

/** An account whose second factor is on, signed in with it a while ago. */
async function setUpTwoFactor() {
  const set = await setUp()
  const { api, clock, session, sensitive } = set
  const { secret } = (await sensitive(session.access_token)).body
  const totp = new TOTP({ secret: Secret.fromBase32(secret) })
  const code = () => totp.generate({ timestamp: clock.now().getTime() })
  const enabled = await api.request(authRoutes.enableTwoFactor, {
    token: session.access_token,
    body: { code: code() },
  })
  clock.advance(20 * minutes)
  const { access_token } = await set.refresh(session.refresh_token!)
  return { ...set, code, access_token, recovery_codes: enabled.body.recovery_codes }
}

const outcome = ({ status, problem }: { status: number; problem?: { code?: string } }) => [
  status,
  problem?.code,
]

async function claimsOf(token: string, now: () => Date) {
  const ring = parseKeyRing(JSON.stringify({ kid: '1', key: 'k'.repeat(64) }))
  const verified = await createTokenVerifier({ loadKeys: async () => ring, now })(`Bearer ${token}`)
  if (!verified || 'reason' in verified) throw new Error('This is no good token')
  return verified.actor
}

test('a sign-in of long ago is not enough, and a step-up makes it so for 15 minutes', async () => {
  const { clock, session, stepUp, sensitive, refresh, trail } = await setUp()
  clock.advance(15 * minutes + 1)
  const { access_token, refresh_token } = await refresh(session.refresh_token!)

  const stale = await sensitive(access_token)
  expect(outcome(stale)).toEqual([401, 'step_up_required'])
  expect(stale.problem).toMatchObject({ max_age: 900 })
  expect(stale.headers['www-authenticate']).toBe(
    'Bearer error="insufficient_user_authentication", max_age=900',
  )

  const stepped = await stepUp(access_token, { password })
  expect(stepped).toMatchObject({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: { token_type: 'Bearer', access_token: expect.any(String), expires_in: 900 },
  })
  expect((await sensitive(stepped.body.access_token)).status).toBe(200)
  expect(await claimsOf(stepped.body.access_token, clock.now)).toMatchObject({
    session_id: session.session_id,
    auth_time: Math.floor(clock.now().getTime() / 1_000),
    acr: 'aal1',
  })
  expect(await trail()).toEqual([
    { outcome: 'success', actor_id: session.id, session_id: session.session_id, details: {} },
  ])

  clock.advance(10 * minutes)
  const next = await refresh(refresh_token!)
  expect((await sensitive(next.access_token)).status).toBe(200)
  clock.advance(5 * minutes + 1)
  const last = await refresh(next.refresh_token!)
  expect(outcome(await sensitive(last.access_token))).toEqual([401, 'step_up_required'])
})

test('the token from before the step-up is as stale as it was', async () => {
  const { clock, session, stepUp, sensitive, refresh } = await setUp()
  clock.advance(16 * minutes)
  const { access_token } = await refresh(session.refresh_token!)

  await stepUp(access_token, { password })

  expect(outcome(await sensitive(access_token))).toEqual([401, 'step_up_required'])
})

test('a wrong password steps up nothing, and is in the trail', async () => {
  const { clock, session, stepUp, sensitive, refresh, trail } = await setUp()
  clock.advance(16 * minutes)
  const { access_token, refresh_token } = await refresh(session.refresh_token!)

  expect(outcome(await stepUp(access_token, { password: 'not the password' }))).toEqual([
    401,
    'invalid_credentials',
  ])

  const next = await refresh(refresh_token!)
  expect(outcome(await sensitive(next.access_token))).toEqual([401, 'step_up_required'])
  expect(await trail()).toEqual([
    {
      outcome: 'failure',
      actor_id: session.id,
      session_id: session.session_id,
      details: { code: 'invalid_credentials' },
    },
  ])
})

test('with a second factor both are asked for, and the session is as sure as that', async () => {
  const { clock, access_token, code, stepUp, sensitive, trail } = await setUpTwoFactor()

  expect(outcome(await stepUp(access_token, { password }))).toEqual([401, 'invalid_code'])
  expect(outcome(await stepUp(access_token, { password, code: '000000' }))).toEqual([401, 'invalid_code'])
  expect(outcome(await stepUp(access_token, { password: 'wrong', code: code() }))).toEqual([
    401,
    'invalid_credentials',
  ])
  const stepped = await stepUp(access_token, { password, code: code() })

  expect(stepped.status).toBe(200)
  expect(await claimsOf(stepped.body.access_token, clock.now)).toMatchObject({ acr: 'aal2' })
  // What is left to refuse there is not about when.
  expect(outcome(await sensitive(stepped.body.access_token))).toEqual([409, 'two_factor_enabled'])
  expect((await trail()).map(({ outcome, details }) => [outcome, details.code])).toEqual([
    ['failure', 'invalid_code'],
    ['failure', 'invalid_code'],
    ['failure', 'invalid_credentials'],
    ['success', undefined],
  ])
})

test('a code steps up once', async () => {
  const { access_token, code, stepUp } = await setUpTwoFactor()
  const body = { password, code: code() }

  expect((await stepUp(access_token, body)).status).toBe(200)
  expect(outcome(await stepUp(access_token, body))).toEqual([401, 'invalid_code'])
})

test('a recovery code steps up once too', async () => {
  const { access_token, recovery_codes, stepUp } = await setUpTwoFactor()
  const body = { password, recovery_code: recovery_codes[0] }

  expect((await stepUp(access_token, body)).status).toBe(200)
  expect(outcome(await stepUp(access_token, body))).toEqual([401, 'invalid_code'])
})

test('a wrong password uses up no code', async () => {
  const { access_token, recovery_codes, stepUp } = await setUpTwoFactor()
  const recovery_code = recovery_codes[0]

  await stepUp(access_token, { password: 'not the password', recovery_code })
  expect((await stepUp(access_token, { password, recovery_code })).status).toBe(200)
})

test('a session that ended in the meantime steps up no more', async () => {
  const { session, stepUp } = await setUp()
  await stepUp(session.access_token, { password })
  await db.sql`update sessions set revoked_at = now() where id = ${session.session_id}`

  // The check remembers the session for three seconds; the step-up itself does not.
  expect(outcome(await stepUp(session.access_token, { password }))).toEqual([401, 'token_revoked'])
})

test.each([{}, { password: '' }, { password: 7 }, { password, code: '' }, { password, role: 'admin' }])(
  'refuses the body %j',
  async (body) => {
    const { session, stepUp } = await setUp()

    expect(outcome(await stepUp(session.access_token, body))).toEqual([422, 'validation_failed'])
  },
)

test('asks for a user', async () => {
  const { api } = await setUp()

  expect(outcome(await api.request(authRoutes.stepUp, { body: { password } }))).toEqual([
    401,
    'unauthenticated',
  ])
})
