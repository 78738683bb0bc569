import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { createApp, enrol } from '../../support/factors.ts'

const db = useDatabase()
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request } = api

const outcome = ({ status, problem }: { status: number; problem?: { code?: string } }) => [
  status,
  problem?.code,
]
const setUp = (token: string) => request(authRoutes.setUpTwoFactor, { token })
const enable = (token: string, code: string) => request(authRoutes.enableTwoFactor, { token, body: { code } })
const disable = (token: string, body: object) => request(authRoutes.disableTwoFactor, { token, body })
const replaceCodes = (token: string, code: string) =>
  request(authRoutes.replaceRecoveryCodes, { token, body: { code } })
const statusOf = async (token: string) => (await request(authRoutes.getTwoFactor, { token })).body
const trailOf = (userId: string, action: string) =>
  db.sql`select outcome, details from audit_events where user_id = ${userId} and action = ${action} order by id`
const noticesOf = async (userId: string) =>
  (await db.sql`select kind from security_notices where user_id = ${userId} order by id`).map(
    ({ kind }) => kind,
  )

const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

test('sets up a secret of 160 bits, as a URI and as a picture, that is nowhere in plain text', async () => {
  const { access_token, id, username } = await api.signIn()

  const { status, body, headers } = await setUp(access_token)

  expect(status).toBe(200)
  expect(headers['cache-control']).toBe('no-store')
  expect(body.secret).toMatch(/^[A-Z2-7]{32}$/)
  const uri = new URL(body.otpauth_uri)
  expect([uri.protocol, uri.host, decodeURIComponent(uri.pathname)]).toEqual([
    'otpauth:',
    'totp',
    `/Veza:${username}`,
  ])
  expect(Object.fromEntries(uri.searchParams)).toEqual({
    issuer: 'Veza',
    secret: body.secret,
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
  expect(body.qr_svg).toMatch(/^<svg [\s\S]*<\/svg>$/)
  const [row] = await db.sql`select sealed_secret, kid, enabled_at from totp_factors where user_id = ${id}`
  expect(row).toEqual({ sealed_secret: expect.stringMatching(/^ey/), kid: '1', enabled_at: null })
  expect(row!.sealed_secret).not.toContain(body.secret)
  expect((await statusOf(access_token)).totp_enabled).toBe(false)
})

test('is enabled by a first code: recovery codes are given once, other sessions end, this one is of two factors', async () => {
  const { access_token, refresh_token, id, username } = await api.signIn()
  const { body: other } = await api.login(username)
  const code = createApp((await setUp(access_token)).body.secret, clock.now)

  const { status, body } = await enable(access_token, code())

  expect(status).toBe(200)
  expect(body.recovery_codes).toHaveLength(10)
  expect(new Set(body.recovery_codes).size).toBe(10)
  for (const text of body.recovery_codes)
    expect(text).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/)
  clock.advance(6)
  expect(outcome(await request(userRoutes.getOwnUser, { token: other.access_token }))).toEqual([
    401,
    'token_revoked',
  ])
  const { body: refreshed } = await request(authRoutes.refresh, { body: { refresh_token: refresh_token! } })
  const claims = JSON.parse(Buffer.from(refreshed.access_token.split('.')[1]!, 'base64url').toString())
  expect(claims.acr).toBe('aal2')
  expect(await statusOf(refreshed.access_token)).toEqual({
    totp_enabled: true,
    recovery_codes_left: 10,
    passkeys: 0,
  })
  expect(await noticesOf(id)).toEqual(['new_device', 'two_factor_enabled'])
  expect(await trailOf(id, 'two_factor.set_up')).toMatchObject([{ outcome: 'success' }])
  expect(await trailOf(id, 'two_factor.enabled')).toMatchObject([{ outcome: 'success' }])
})

test('keeps recovery codes only as hashes', async () => {
  const { id, recovery_codes } = await enrol(api)

  const rows = await db.sql`select code_hash from recovery_codes where user_id = ${id}`

  expect(rows).toHaveLength(10)
  const text = rows
    .map(({ code_hash }) => `${code_hash.toString('latin1')}${code_hash.toString('hex')}`)
    .join()
  for (const code of recovery_codes) expect(text).not.toContain(code.replace('-', ''))
})

test('a new set-up replaces one that was not enabled', async () => {
  const { access_token } = await api.signIn()
  const first = createApp((await setUp(access_token)).body.secret, clock.now)
  const second = createApp((await setUp(access_token)).body.secret, clock.now)

  expect(outcome(await enable(access_token, first()))).toEqual([401, 'invalid_code'])
  expect((await enable(access_token, second())).status).toBe(200)
})

test('refuses a wrong code, writes that down, and stays off', async () => {
  const { access_token, id } = await api.signIn()
  const code = createApp((await setUp(access_token)).body.secret, clock.now)

  expect(outcome(await enable(access_token, wrong(code())))).toEqual([401, 'invalid_code'])
  expect(outcome(await enable(access_token, 'abc'))).toEqual([401, 'invalid_code'])
  expect(outcome(await enable(access_token, code(-90)))).toEqual([401, 'invalid_code'])
  expect(outcome(await enable(access_token, code(90)))).toEqual([401, 'invalid_code'])

  expect((await statusOf(access_token)).totp_enabled).toBe(false)
  expect(await trailOf(id, 'two_factor.enabled')).toMatchObject(Array(4).fill({ outcome: 'failure' }))
})

test('is set up and enabled once', async () => {
  const { access_token, nextCode } = await enrol(api)

  expect(outcome(await setUp(access_token))).toEqual([409, 'two_factor_enabled'])
  expect(outcome(await enable(access_token, nextCode()))).toEqual([409, 'two_factor_enabled'])
})

test('of many that enable it at once one is given codes', async () => {
  const { access_token } = await api.signIn()
  const code = createApp((await setUp(access_token)).body.secret, clock.now)()

  const answers = await Promise.all(Array.from({ length: 5 }, () => enable(access_token, code)))

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect((await statusOf(access_token)).recovery_codes_left).toBe(10)
})

test.each([
  { name: 'enabling', call: (token: string) => enable(token, '123456') },
  { name: 'turning off', call: (token: string) => disable(token, { password, code: '123456' }) },
  { name: 'replacing codes', call: (token: string) => replaceCodes(token, '123456') },
])('refuses $name where nothing is set up', async ({ call }) => {
  const { access_token } = await api.signIn()

  expect(outcome(await call(access_token))).toEqual([409, 'two_factor_not_enabled'])
})

test.each(['setUpTwoFactor', 'enableTwoFactor'] as const)('%s asks for a fresh sign-in', async (name) => {
  const { username } = await api.join()
  const { body } = await api.login(username)
  clock.advance(15 * 60 + 1)
  const refreshed = await request(authRoutes.refresh, { body: { refresh_token: body.refresh_token! } })

  const answer = await request(authRoutes[name], {
    token: refreshed.body.access_token,
    ...(name === 'enableTwoFactor' && { body: { code: '123456' } }),
  })

  expect(outcome(answer)).toEqual([401, 'step_up_required'])
})

test('is turned off with the password and a code; other sessions end and devices lose trust', async () => {
  const { access_token, id, username, nextCode, challenge } = await enrol(api)
  const { body: other } = await request(authRoutes.answerTwoFactor, {
    body: { mfa_token: await challenge({ remember: true }), code: nextCode() },
  })

  const answer = await disable(access_token, { password, code: nextCode() })

  expect(answer).toMatchObject({ status: 204, text: '' })
  clock.advance(6)
  expect(outcome(await request(userRoutes.getOwnUser, { token: other.access_token }))).toEqual([
    401,
    'token_revoked',
  ])
  expect(await statusOf(access_token)).toEqual({ totp_enabled: false, recovery_codes_left: 0, passkeys: 0 })
  expect(await db.sql`select 1 from devices where user_id = ${id} and trusted_until is not null`).toEqual([])
  expect(await db.sql`select 1 from recovery_code_sets where user_id = ${id}`).toEqual([])
  expect(await noticesOf(id)).toContain('two_factor_disabled')
  expect((await api.login(username)).body).toHaveProperty('access_token')
})

test('is turned off with a recovery code too', async () => {
  const { access_token, recovery_codes } = await enrol(api)

  expect((await disable(access_token, { password, code: recovery_codes[3]! })).status).toBe(204)
})

test('stays on where the password or the code is wrong, and both are written down', async () => {
  const { access_token, id, codeNow, nextCode } = await enrol(api)

  const code = nextCode()
  expect(outcome(await disable(access_token, { password: 'not the one', code }))).toEqual([
    401,
    'invalid_credentials',
  ])
  expect(outcome(await disable(access_token, { password, code: wrong(code) }))).toEqual([401, 'invalid_code'])
  expect(outcome(await disable(access_token, { password, code: 'AAAAA-AAAAA' }))).toEqual([
    401,
    'invalid_code',
  ])
  expect(outcome(await disable(access_token, { password, code: codeNow(-30) }))).toEqual([
    401,
    'invalid_code',
  ])

  expect((await statusOf(access_token)).totp_enabled).toBe(true)
  expect(await trailOf(id, 'two_factor.disabled')).toMatchObject([{ outcome: 'failure' }])
  expect(await trailOf(id, 'two_factor.challenged')).toMatchObject(Array(3).fill({ outcome: 'failure' }))
})

test('gives new recovery codes for a code of the app, and the old ones are worth nothing', async () => {
  const { access_token, id, recovery_codes, nextCode, challenge } = await enrol(api)

  const { status, body } = await replaceCodes(access_token, nextCode())

  expect(status).toBe(200)
  expect(body.recovery_codes).toHaveLength(10)
  const use = async (recovery_code: string) =>
    request(authRoutes.answerTwoFactor, { body: { mfa_token: await challenge(), recovery_code } })
  expect(outcome(await use(recovery_codes[0]!))).toEqual([401, 'invalid_code'])
  expect((await use(body.recovery_codes[0]!)).status).toBe(200)
  expect(await noticesOf(id)).toContain('recovery_codes_replaced')
})

test('gives no new recovery codes for a wrong or an old code, nor for a recovery code', async () => {
  const { access_token, codeNow, recovery_codes } = await enrol(api)

  for (const code of [wrong(codeNow()), codeNow(), recovery_codes[0]!]) {
    expect(outcome(await replaceCodes(access_token, code))).toEqual([401, 'invalid_code'])
  }
  expect((await statusOf(access_token)).recovery_codes_left).toBe(10)
})

test.each([
  'getTwoFactor',
  'setUpTwoFactor',
  'enableTwoFactor',
  'disableTwoFactor',
  'replaceRecoveryCodes',
] as const)('%s asks for a user', async (name) => {
  expect(outcome(await request(authRoutes[name]))).toEqual([401, 'unauthenticated'])
})
