import { authRoutes } from '../../../functions/auth/routes.ts'
import type { Route } from '../../../lib/http/route.ts'
import { createAccountsApi } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { enrol } from '../../support/factors.ts'

const { sql } = useDatabase()
const api = createAccountsApi(sql)

/** Every value of a name that says it is secret, in what was sent and answered. */
const secrets = new Set<string>()
const secretNames =
  /^(?:.*password|.*token|code|recovery_codes?|secret|otpauth_uri|qr_svg|csrf_token|device_token)$/

function collect(value: unknown, isSecret = false): void {
  if (typeof value === 'string' && isSecret && value.length > 4) secrets.add(value)
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    collect(inner, Array.isArray(value) ? isSecret : secretNames.test(name))
  }
}

const request: typeof api.request = async (route, options = {}) => {
  collect(options)
  const answer = await api.request(route, options)
  if (answer.status < 400) collect(answer.body)
  return answer
}

const watched = {
  ...api,
  request,
  signIn: async () => {
    const user = await api.signIn()
    collect(user)
    return user
  },
} as typeof api

const post = (route: Route, body: object, token?: string) => request(route, { body, token })
const wrong = { password: 'not the password at all', code: '000000', token: 'no-such-token' }
const newest = async (email: string) => {
  const token = await api.postbox.tokenFor(email)
  secrets.add(token)
  return token
}

/** Through every door of an account, with what opens it and with what does not. */
async function live() {
  secrets.add('correct horse battery')
  const person = await enrol(watched)
  const { email, access_token: token, username } = person
  await api.login(username, wrong.password)
  await api.login('nobody@example.test', wrong.password)
  await post(authRoutes.enableTwoFactor, { code: wrong.code }, token)

  for (const answer of [{ code: wrong.code }, { code: person.nextCode() }]) {
    const mfa_token = await person.challenge()
    secrets.add(mfa_token)
    await post(authRoutes.answerTwoFactor, { mfa_token, ...answer })
  }
  const mfa_token = await person.challenge({ remember: true })
  const [recovery_code] = person.recovery_codes
  const { body: session } = await request(authRoutes.answerTwoFactor, { body: { mfa_token, recovery_code } })
  const signedIn = session as { access_token: string; refresh_token: string }

  const { refresh_token } = signedIn
  const { body: next } = await request(authRoutes.refresh, { body: { refresh_token } })
  await post(authRoutes.refresh, { refresh_token: wrong.token })
  await post(authRoutes.stepUp, { password: wrong.password }, next.access_token)
  await post(
    authRoutes.changePassword,
    { current_password: wrong.password, new_password: 'x'.repeat(12) },
    next.access_token,
  )
  const changed = { current_password: 'correct horse battery', new_password: 'another horse battery' }
  await post(authRoutes.changePassword, changed, next.access_token)
  await post(authRoutes.replaceRecoveryCodes, { code: person.nextCode() }, next.access_token)
  await post(
    authRoutes.changeEmail,
    { new_email: `new_${email}`, password: wrong.password },
    next.access_token,
  )
  await post(
    authRoutes.changeEmail,
    { new_email: `new_${email}`, password: changed.new_password },
    next.access_token,
  )
  await post(authRoutes.confirmEmailChange, { token: await newest(email) })
  await post(authRoutes.confirmEmailChange, { token: await newest(`new_${email}`) })
  await post(authRoutes.confirmEmailChange, { token: wrong.token })
  await post(authRoutes.disownNotice, { token: await newest(email) })
  await post(authRoutes.disownNotice, { token: wrong.token })
  await post(authRoutes.resetPassword, { token: wrong.token, password: 'a third horse battery' })
  await post(authRoutes.forgotPassword, { email })
  await post(authRoutes.resetPassword, { token: await newest(email), password: 'a third horse battery' })
  await post(
    authRoutes.disableTwoFactor,
    { password: wrong.password, code: person.nextCode() },
    next.access_token,
  )

  // What was already replaced comes back.
  api.clock.advance(60)
  await post(authRoutes.refresh, { refresh_token })
  await post(authRoutes.register, { email, username: `${username}x`, password: 'a fourth horse battery' })
}

test('the whole life of an account leaves no password, token, code or hash in the audit trail', async () => {
  await live()

  const hashes = await sql<{ hash: string }[]>`
    select password_hash as hash from users
    union all select encode(token_hash, 'hex') from email_tokens
    union all select encode(token_hash, 'hex') from refresh_tokens
    union all select encode(secret_hash, 'hex') from devices
    union all select encode(code_hash, 'hex') from recovery_codes
    union all select sealed_secret from totp_factors
  `
  for (const { hash } of hashes) secrets.add(hash)
  const rows = await sql<{ action: string; told: string }[]>`
    select action, concat_ws(' ', target, user_agent, request_id, details::text) as told from audit_events
  `

  const actions = new Set(rows.map(({ action }) => action))
  expect([...actions].toSorted()).toEqual(
    expect.arrayContaining([
      'account.email_change_requested',
      'account.email_changed',
      'password.changed',
      'password.forgotten',
      'password.reset',
      'session.disowned',
      'session.refused',
      'session.started',
      'two_factor.challenged',
      'two_factor.enabled',
      'two_factor.recovery_code_used',
    ]),
  )
  expect(secrets.size).toBeGreaterThan(30)
  const leaks = rows.flatMap(({ action, told }) =>
    [...secrets].filter((secret) => told.includes(secret)).map((secret) => `${action}: ${secret}`),
  )
  expect(leaks).toEqual([])
})

test('no row of the trail holds anything that is made like a secret', async () => {
  const rows = await sql<{ action: string; details: Record<string, unknown> }[]>`
    select action, details from audit_events
  `

  const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/
  const suspicious = rows.flatMap(({ action, details }) =>
    Object.entries(details)
      .filter(([, value]) => typeof value === 'string' && !uuid.test(value))
      .filter(([, value]) => /[\w-]{32,}|\$2[aby]\$|\d{6}|eyJ/.test(value as string))
      .map(([name]) => `${action}.${name}`),
  )
  expect(rows.length).toBeGreaterThan(15)
  expect(suspicious).toEqual([])
})
