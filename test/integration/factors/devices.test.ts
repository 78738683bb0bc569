import { authRoutes } from '../../../functions/auth/routes.ts'
import { findKnownDevice, forgetDevices } from '../../../lib/factors/devices.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { enrol, fullLogin, twoFactorLogin } from '../../support/factors.ts'

const db = useDatabase()
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request } = api

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
const seconds = () => Math.floor(clock.now().getTime() / 1000)
const from = (device: string) => ({ headers: { 'x-device-token': device } })
const devicesOf = (userId: string) =>
  db.sql`
    select id, secret_hash, last_seen_at, second_factor_at, trusted_until from devices
    where user_id = ${userId} order by created_at, id
  `
const newDeviceNotices = (userId: string) =>
  db.sql`select session_id from security_notices where user_id = ${userId} and kind = 'new_device' order by id`

/** Signs in with both factors and has the device remembered. */
async function rememberDevice() {
  const user = await enrol(api)
  const mfa_token = await user.challenge({ remember: true })
  const code = user.nextCode()
  const { body } = await request(authRoutes.answerTwoFactor, { body: { mfa_token, code } })
  const secondFactorAt = seconds()
  const login = (options = from(body.device_token!)) =>
    request(fullLogin, { body: { identifier: user.username, password }, ...options })
  return { ...user, device: body.device_token!, secondFactorAt, login }
}

test('the first sign-in ever makes its device known, and is no news', async () => {
  const { id, device_token } = await api.signIn()

  const [device, ...others] = await devicesOf(id)
  expect(others).toEqual([])
  expect(device!.secret_hash.toString('base64url')).not.toBe(device_token)
  expect(await newDeviceNotices(id)).toEqual([])
})

test('a known device is noted and is given no other secret', async () => {
  const { id, username, device_token } = await api.signIn()
  clock.advance(60)

  const { body } = await api.login(username, password, from(device_token!))

  expect(body).not.toHaveProperty('device_token')
  expect(await devicesOf(id)).toMatchObject([{ last_seen_at: clock.now() }])
  expect(await newDeviceNotices(id)).toEqual([])
  const [session] = await db.sql`select device_id from sessions where id = ${body.session_id}`
  expect(session!.device_id).toBe((await devicesOf(id))[0]!.id)
})

test.each([
  { name: 'no device', device: '' },
  { name: 'a device that we do not know', device: 'x'.repeat(43) },
])('the user hears of a sign-in from $name', async ({ device }) => {
  const { id, username } = await api.signIn()

  const { body } = await api.login(username, password, device ? from(device) : {})

  expect(body.device_token).toMatch(/^[\w-]{43}$/)
  expect(await newDeviceNotices(id)).toEqual([{ session_id: body.session_id }])
  expect(
    await db.sql`select session_id from audit_events where user_id = ${id} and action = 'session.new_device'`,
  ).toEqual([{ session_id: body.session_id }])
})

test('the device of another user is not this user’s', async () => {
  const other = await api.signIn()
  const { id, username } = await api.signIn()

  const { body } = await api.login(username, password, from(other.device_token!))

  expect(body.device_token).toEqual(expect.any(String))
  expect(await newDeviceNotices(id)).toHaveLength(1)
  expect(await findKnownDevice(db.sql, id, other.device_token)).toBeUndefined()
  expect(await findKnownDevice(db.sql, null, other.device_token)).toBeUndefined()
  expect(await findKnownDevice(db.sql, other.id, other.device_token)).toMatchObject({ user_id: other.id })
})

test('in cookie mode the secret travels in a cookie that no script reads', async () => {
  const { username } = await api.join()
  const body = { identifier: username, password, cookie: true }

  const first = await request(fullLogin, { body })
  const cookie = first.cookies.find((text) => text.startsWith('__Host-veza_device='))!

  expect(first.body).not.toHaveProperty('device_token')
  expect(cookie.split('; ').slice(1).sort()).toEqual([
    'HttpOnly',
    `Max-Age=${400 * 86_400}`,
    'Path=/',
    'SameSite=Strict',
    'Secure',
  ])
  const again = await request(fullLogin, { body, cookies: [cookie.split(';')[0]!] })
  expect(again.cookies.filter((text) => text.startsWith('__Host-veza_device='))).toEqual([])
})

test('at most 50 devices of a user are known: the one seen longest ago is forgotten', async () => {
  const { id, username, device_token } = await api.signIn()
  await db.sql`
    insert into devices (user_id, secret_hash, last_seen_at)
    select ${id}, sha256(convert_to('device ' || n || ${id}, 'UTF8')), ${new Date(clock.now().getTime() + 1_000)}
    from generate_series(1, 49) n
  `
  clock.advance(2)
  await api.login(username)

  expect(await devicesOf(id)).toHaveLength(50)
  expect(await findKnownDevice(db.sql, id, device_token)).toBeUndefined()
})

test('a remembered device need not pass the second factor, but has to for what is sensitive', async () => {
  const { login, secondFactorAt } = await rememberDevice()
  clock.advance(3 * 86_400)

  const { status, body } = await login()

  expect(status).toBe(200)
  expect(claimsOf(body.access_token)).toMatchObject({ acr: 'aal1', auth_time: secondFactorAt })
  const setUp = await request(authRoutes.setUpTwoFactor, { token: body.access_token })
  expect([setUp.status, setUp.problem.code]).toEqual([401, 'step_up_required'])
})

test('a remembered device still has to know the password', async () => {
  const { device, username } = await rememberDevice()

  expect((await api.login(username, 'not the password', from(device))).status).toBe(401)
})

test('the second factor is asked for again after 30 days', async () => {
  const { login } = await rememberDevice()
  clock.advance(30 * 86_400 - 60)
  expect((await login()).body).toHaveProperty('access_token')

  clock.advance(60)

  expect((await login()).body).toMatchObject({ mfa_required: true })
})

test.each([
  { name: 'no device', pick: async () => ({}) },
  { name: 'a device that is known but not remembered', pick: async (device: string) => from(device) },
  { name: 'the remembered device of somebody else', pick: async () => from((await rememberDevice()).device) },
])('asks for the second factor on $name', async ({ pick }) => {
  const { username, device_token } = await enrol(api)

  const answer = await request(twoFactorLogin, {
    body: { identifier: username, password, remember: true },
    ...(await pick(device_token!)),
  })

  expect(answer.body).toMatchObject({ mfa_required: true })
})

test.each([
  { login: {}, challenge: {}, isRemembered: false },
  { login: { remember: false }, challenge: {}, isRemembered: false },
  { login: {}, challenge: { remember: true }, isRemembered: true },
  { login: { remember: true }, challenge: { remember: false }, isRemembered: false },
])('is remembered only where that was asked for ($login, $challenge)', async (row) => {
  const user = await enrol(api)
  const mfa_token = await user.challenge(row.login)
  await request(authRoutes.answerTwoFactor, { body: { mfa_token, code: user.nextCode(), ...row.challenge } })

  const trusted = (await devicesOf(user.id)).filter(({ trusted_until }) => trusted_until)
  expect(trusted).toHaveLength(row.isRemembered ? 1 : 0)
})

test('a wrong second factor leaves nothing remembered', async () => {
  const user = await enrol(api)
  const mfa_token = await user.challenge({ remember: true }, user.device_token)
  await request(authRoutes.answerTwoFactor, {
    body: { mfa_token, code: 'wrong' },
    ...from(user.device_token!),
  })

  expect((await devicesOf(user.id)).filter(({ trusted_until }) => trusted_until)).toEqual([])
})

test('the cookie that was asked for at the login comes after the second factor', async () => {
  const user = await enrol(api)
  const mfa_token = await user.challenge({ cookie: true, remember: true })

  const { cookies, body } = await request(authRoutes.answerTwoFactor, {
    body: { mfa_token, code: user.nextCode() },
  })

  expect(body).not.toHaveProperty('refresh_token')
  expect(cookies.map((text) => text.split('=')[0])).toEqual(['__Host-veza_refresh', '__Host-veza_device'])
  expect(cookies[0]).toContain('Max-Age=')
})

test('forgotten devices are unknown, but for that of the session that goes on, which is trusted no more', async () => {
  const { id, session_id, login, device, device_token } = await rememberDevice()
  await db.sql.begin((tx) => forgetDevices(tx, id, session_id))

  expect((await login()).body).toMatchObject({ mfa_required: true })
  expect(await findKnownDevice(db.sql, id, device)).toBeUndefined()
  expect(await findKnownDevice(db.sql, id, device_token)).toMatchObject({ trusted_until: null })

  await db.sql.begin((tx) => forgetDevices(tx, id))

  expect(await devicesOf(id)).toEqual([])
})

test('a changed password ends the trust in every device, and only the one at hand stays known', async () => {
  const { id, access_token, device_token, device, username } = await rememberDevice()
  const new_password = 'another correct horse'
  const { status } = await request(authRoutes.changePassword, {
    token: access_token,
    body: { current_password: password, new_password },
  })
  expect(status).toBe(204)

  const answer = await request(twoFactorLogin, {
    body: { identifier: username, password: new_password },
    ...from(device),
  })
  expect(answer.body).toMatchObject({ mfa_required: true })
  expect(await findKnownDevice(db.sql, id, device)).toBeUndefined()
  expect(await findKnownDevice(db.sql, id, device_token)).toMatchObject({ trusted_until: null })
})

test('a reset password leaves no device known, and turns no second factor off', async () => {
  const { id, email, device, username } = await rememberDevice()
  const new_password = 'another correct horse'
  await request(authRoutes.forgotPassword, { body: { email } })
  const token = await api.postbox.tokenFor(email, 'reset-password')
  const { status } = await request(authRoutes.resetPassword, { body: { token, password: new_password } })
  expect(status).toBe(204)

  expect(await devicesOf(id)).toEqual([])
  const answer = await request(twoFactorLogin, {
    body: { identifier: username, password: new_password },
    ...from(device),
  })
  expect(answer.body).toMatchObject({ mfa_required: true })
})
