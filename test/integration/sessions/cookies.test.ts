import { authRoutes } from '../../../functions/auth/routes.ts'
import { createAccountsApi, createClock, oneFactorLogin, password } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request } = api

const refreshName = '__Host-veza_refresh'
const csrfName = '__Host-veza_csrf'

interface Answer {
  readonly status: number
  readonly problem: { readonly code?: string }
}
const outcome = ({ status, problem }: Answer) => [status, problem?.code]

const attributesOf = (cookie: string) => cookie.split('; ').slice(1).sort()
/** What the answer's cookie of this name holds. */
const given = (cookies: readonly string[], name: string) =>
  cookies.find((cookie) => cookie.startsWith(`${name}=`))?.split(/=|; /)[1]

/** A signed-in browser and what it sends. */
async function signIn(extra = {}) {
  const user = await api.join()
  const body = { identifier: user.username, password, cookie: true, ...extra }
  const answer = await request(oneFactorLogin, { body })
  const csrf = await request(authRoutes.getCsrfToken)
  const token = given(answer.cookies, refreshName)!
  const csrf_token = csrf.body.csrf_token
  const cookies = [`${refreshName}=${token}`, `${csrfName}=${csrf_token}`]
  const refresh = (headers: Record<string, string> = { 'x-csrf-token': csrf_token }, sent = cookies) =>
    request(authRoutes.refresh, { headers, cookies: sent })
  return { user, answer, csrf, token, csrf_token, cookies, refresh }
}

const counterOf = async (session_id: string) =>
  (await db.sql`select counter, revoked_at from sessions where id = ${session_id}`)[0]

test('gives the refresh token in a cookie that no script reads, and nowhere else', async () => {
  const { answer, token } = await signIn()

  expect(answer.status).toBe(200)
  expect(answer.body).not.toHaveProperty('refresh_token')
  expect(answer.text).not.toContain(token)
  expect(answer.cookies.map((cookie) => cookie.split('=')[0])).toEqual([refreshName, '__Host-veza_device'])
  expect(attributesOf(answer.cookies[0]!)).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure'])
})

test('a cookie that is to be remembered lasts as long as the session', async () => {
  const { answer } = await signIn({ remember: true })

  expect(attributesOf(answer.cookies[0]!)).toContain(`Max-Age=${30 * 86_400}`)
})

test('without cookie mode no cookie is set', async () => {
  const { username } = await api.join()

  const answer = await request(oneFactorLogin, { body: { identifier: username, password, cookie: false } })

  expect(answer.cookies).toEqual([])
  expect(answer.body.refresh_token).toEqual(expect.any(String))
})

test('takes an empty body for none, and asks it for the CSRF token just so', async () => {
  const { csrf_token, cookies } = await signIn()
  const send = (headers: Record<string, string>, sent: string[]) =>
    request(authRoutes.refresh, { body: {}, headers, cookies: sent })

  expect(outcome(await send({}, cookies))).toEqual([403, 'csrf_failed'])
  expect(outcome(await send({ 'x-csrf-token': csrf_token }, []))).toEqual([422, 'validation_failed'])
  expect((await send({ 'x-csrf-token': csrf_token }, cookies)).status).toBe(200)
})

test('refreshes by the cookie and the CSRF token, and replaces the cookie', async () => {
  const { answer, token, csrf_token, refresh } = await signIn({ remember: true })
  clock.advance(3_600)

  const next = await refresh()
  const replaced = given(next.cookies, refreshName)!

  expect(next.status).toBe(200)
  expect(next.body).toMatchObject({ session_id: answer.body.session_id, access_token: expect.any(String) })
  expect(next.body).not.toHaveProperty('refresh_token')
  expect(replaced).not.toBe(token)
  expect(attributesOf(next.cookies[0]!)).toContain(`Max-Age=${30 * 86_400 - 3_600}`)
  const again = await refresh({ 'x-csrf-token': csrf_token }, [
    `${refreshName}=${replaced}`,
    `${csrfName}=${csrf_token}`,
  ])
  expect(again.status).toBe(200)
})

test.each<{ name: string; headers: Record<string, string>; without?: string; origin?: string }>([
  { name: 'no header', headers: {} },
  { name: 'another value', headers: { 'x-csrf-token': 'x'.repeat(43) } },
  { name: 'an empty value', headers: { 'x-csrf-token': '' } },
  { name: 'a value of another length', headers: { 'x-csrf-token': 'x' } },
  { name: 'no CSRF cookie', headers: {}, without: csrfName },
  { name: "another site's origin", headers: { origin: 'https://evil.example' } },
  { name: 'an origin that only begins like ours', headers: { origin: 'https://app.example.evil.example' } },
  { name: 'an origin without a name', headers: { origin: 'null' } },
])('refuses a refresh by cookie with $name, and does not touch the token', async (row) => {
  const { answer, csrf_token, cookies, refresh } = await signIn()
  const isAboutOrigin = 'origin' in row.headers || row.without
  const headers = { ...(isAboutOrigin && { 'x-csrf-token': csrf_token }), ...row.headers }
  const sent = cookies.filter((cookie) => !row.without || !cookie.startsWith(row.without))

  expect(outcome(await refresh(headers, sent))).toEqual([403, 'csrf_failed'])

  expect(await counterOf(answer.body.session_id)).toEqual({ counter: 0, revoked_at: null })
})

test.each([
  { name: 'of CORS_ORIGINS', headers: { origin: 'https://app.example' } },
  { name: "of the API's own host", headers: { origin: 'https://api.example', host: 'api.example' } },
])('takes an origin $name', async ({ headers }) => {
  const { csrf_token, refresh } = await signIn()

  expect((await refresh({ 'x-csrf-token': csrf_token, ...(headers as Record<string, string>) })).status).toBe(
    200,
  )
})

test('an unknown token in a cookie hears of its CSRF token first', async () => {
  const { csrf_token, refresh } = await signIn()
  const sent = [`${refreshName}=unknown`, `${csrfName}=${csrf_token}`]

  expect(outcome(await refresh({}, sent))).toEqual([403, 'csrf_failed'])
  expect(outcome(await refresh({ 'x-csrf-token': csrf_token }, sent))).toEqual([
    401,
    'refresh_token_not_found',
  ])
})

test('a token in the body wins over the cookie, and needs no CSRF token', async () => {
  const { cookies, answer } = await signIn()
  const other = await api.signIn()

  const { body } = await request(authRoutes.refresh, {
    body: { refresh_token: other.refresh_token },
    cookies,
  })

  expect(body).toMatchObject({ session_id: other.session_id, refresh_token: expect.any(String) })
  expect(await counterOf(answer.body.session_id)).toMatchObject({ counter: 0 })
})

test.each([
  { name: 'nothing at all', options: {} },
  { name: 'only the CSRF token', options: { headers: { 'x-csrf-token': 'x' }, cookies: [`${csrfName}=x`] } },
  { name: 'an empty cookie', options: { cookies: [`${refreshName}=`] } },
])('knows no token where there is $name', async ({ options }) => {
  expect(outcome(await request(authRoutes.refresh, options))).toEqual([401, 'refresh_token_not_found'])
})

test('gives a CSRF token that goes with its cookie, and keeps the one of another tab', async () => {
  const first = await request(authRoutes.getCsrfToken)
  const value = given(first.cookies, csrfName)!
  const second = await request(authRoutes.getCsrfToken, { cookies: [`${csrfName}=${value}`] })
  const odd = await request(authRoutes.getCsrfToken, { cookies: [`${csrfName}=chosen`] })

  expect(first.body.csrf_token).toBe(value)
  expect(value).toMatch(/^[\w-]{43}$/)
  expect(attributesOf(first.cookies[0]!)).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure'])
  expect(first.headers['cache-control']).toBe('no-store')
  expect(second.body.csrf_token).toBe(value)
  expect(odd.body.csrf_token).not.toBe('chosen')
})

test.each(['logout', 'logoutAll'] as const)('%s takes both cookies away', async (name) => {
  const { answer, cookies, refresh } = await signIn()

  const out = await request(authRoutes[name], { token: answer.body.access_token, cookies })

  expect(out.status).toBe(204)
  expect(out.cookies.map((cookie) => cookie.split('; ')[0]).sort()).toEqual([
    `${csrfName}=`,
    `${refreshName}=`,
  ])
  for (const cookie of out.cookies) expect(attributesOf(cookie)).toContain('Max-Age=0')
  expect(outcome(await refresh())).toEqual([401, 'session_expired'])
})

test('a logout without cookies sets none', async () => {
  const { access_token } = await api.signIn()

  expect((await request(authRoutes.logout, { token: access_token })).cookies).toEqual([])
})
