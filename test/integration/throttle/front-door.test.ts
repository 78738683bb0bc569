import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { createPostgresCache } from '../../../lib/cache/postgres-cache.ts'
import { createRateLimiter } from '../../../lib/http/rate-limit.ts'
import { createThrottle } from '../../../lib/throttle/throttle.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import type { CallOptions } from '../../support/api.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { enrol } from '../../support/factors.ts'
import { createMemoryCache } from '../../support/memory-cache.ts'

const db = useDatabase()
const openConnections = useConnections(db)
const clock = createClock()
const { now } = clock

const throttledApi = (sql = db.sql) =>
  createAccountsApi(sql, clock, {
    throttle: createThrottle({ sql, cache: createPostgresCache({ sql, now }), now }),
  })
const api = throttledApi()
const { request, login, join } = api

let networks = 0
const newAddress = () => `10.${++networks >> 8}.${networks & 255}.1`
const at = (ip: string, headers: Record<string, string> = {}): CallOptions => ({ ip, headers })
const wrong = 'not the password'
const wrongCode = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

const outcome = ({ status, problem }: { status: number; problem?: { code?: string } }) => [
  status,
  problem?.code,
]
async function repeat(times: number, work: () => Promise<unknown>) {
  for (let i = 0; i < times; i++) await work()
}

/** What each of them answers. */
async function answersOf<T>(times: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let i = 0; i < times; i++) results.push(await work())
  return results
}

test('five wrong passwords from one network shut it out, for a name that is nobody’s as for one that is', async () => {
  const { username } = await join()
  const ip = newAddress()
  const answersFor = async (name: string) =>
    (await answersOf(6, () => login(name, wrong, at(ip)))).map(({ status, type, headers, problem }) => {
      const { request_id: _id, instance: _instance, ...rest } = problem
      return { status, type, rest, retryAfter: headers['retry-after'] }
    })

  const known = await answersFor(username)
  expect(known.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429])
  expect(known[5]).toMatchObject({
    type: 'application/problem+json',
    rest: { code: 'too_many_attempts' },
    retryAfter: '60',
  })
  expect(await answersFor(`u_${randomUUID().slice(0, 8)}`)).toEqual(known)
})

test('the right password is not looked at before the wait is over, and then ends it', async () => {
  const { username } = await join()
  const ip = newAddress()
  await repeat(5, () => login(username, wrong, at(ip)))

  expect(outcome(await login(username, password, at(ip)))).toEqual([429, 'too_many_attempts'])
  clock.advance(60)
  expect((await login(username, password, at(ip))).status).toBe(200)
  expect((await login(username, wrong, at(ip))).status).toBe(401)
})

test('a hundred guesses at once are five guesses, over many environments too', async () => {
  const { username } = await join()
  const ip = newAddress()
  const apis = (await openConnections(5)).map(throttledApi)

  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => apis[i % 5]!.login(username, wrong, at(ip))),
  )

  expect(answers.filter(({ status }) => status === 401)).toHaveLength(5)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(95)
})

test('a device that has signed in before gets in while strangers of its own network are shut out', async () => {
  const { username } = await join()
  const ip = newAddress()
  const { device_token } = (await login(username, password, at(ip))).body
  await repeat(6, () => login(username, wrong, at(ip)))

  expect((await login(username, password, at(ip))).status).toBe(429)
  const known = at(ip, { 'x-device-token': device_token! })
  expect((await login(username, password, known)).status).toBe(200)
  const other = await join()
  await repeat(6, () => login(other.username, wrong, at(ip)))
  expect((await login(other.username, password, known)).status).toBe(429)
})

test('the owner resets the password in the middle of an attack, and signs in', async () => {
  const { username, email } = await join()
  const ip = newAddress()
  await repeat(6, () => login(username, wrong, at(ip)))
  expect((await login(username, password, at(ip))).status).toBe(429)

  const fresh = 'another horse entirely'
  expect((await request(authRoutes.forgotPassword, { body: { email } })).status).toBe(202)
  const token = await api.postbox.tokenFor(email)
  const reset = await request(authRoutes.resetPassword, { body: { token, password: fresh }, ip })
  expect(reset.status).toBe(204)
  expect((await login(username, fresh, at(ip))).status).toBe(200)
})

test('writes one line of a wait, however often it refuses', async () => {
  const { username, id } = await join()
  await repeat(12, () => login(username, wrong, at(newAddress())))
  const ip = newAddress()
  await repeat(12, () => login(username, wrong, at(ip)))

  const rows = await db.sql`
    select details->>'reason' as reason, count(*)::int from audit_events
    where user_id = ${id} and action = 'session.refused' group by 1 order by 1
  `
  expect(rows).toEqual([
    { reason: 'invalid_credentials', count: 17 },
    { reason: 'too_many_attempts', count: 1 },
  ])
})

test.each([
  { route: authRoutes.forgotPassword, subject: /password/i },
  { route: authRoutes.resendVerification, subject: /./ },
])('$route.path answers 202 always, and mails an address once a minute', async ({ route, subject }) => {
  const username = `u_${randomUUID().slice(0, 8)}`
  const email = `${username}@example.test`
  await request(authRoutes.register, { body: { email, username, password } })
  const before = (await api.postbox.mailsTo(email)).length
  const ask = (address: string) => answersOf(4, () => request(route, { body: { email: address } }))

  const answers = [...(await ask(email)), ...(await ask(`nobody.${email}`))]

  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect(answers[0]!.status).toBe(202)
  const mails = (await api.postbox.mailsTo(email)).slice(before)
  expect(mails.map((mail) => mail.subject)).toEqual([expect.stringMatching(subject)])
  clock.advance(60)
  await request(route, { body: { email } })
  expect(await api.postbox.mailsTo(email)).toHaveLength(before + 2)
})

test('a stolen session does not guess the password: five tries, whatever it asks for', async () => {
  const { access_token: token, email } = await api.signIn()
  const changePassword = (current_password: string) =>
    request(authRoutes.changePassword, {
      token,
      body: { current_password, new_password: 'a new horse here' },
    })

  await repeat(2, () => changePassword(wrong))
  await repeat(2, () =>
    request(authRoutes.changeEmail, { token, body: { new_email: `new.${email}`, password: wrong } }),
  )
  expect(outcome(await request(authRoutes.stepUp, { token, body: { password: wrong } }))).toEqual([
    401,
    'invalid_credentials',
  ])

  const refused = await changePassword(password)
  expect([...outcome(refused), refused.headers['retry-after']]).toEqual([429, 'too_many_attempts', '900'])
  clock.advance(900)
  expect(outcome(await changePassword(wrong))[0]).toBe(401)
})

test('ten wrong codes lock the second factor, over any number of sign-ins and of routes', async () => {
  const user = await enrol(api)
  const answer = (mfa_token: string, code: string) =>
    request(authRoutes.answerTwoFactor, { body: { mfa_token, code } })
  for (const times of [5, 4]) {
    const token = await user.challenge()
    const answers = await answersOf(times, () => answer(token, wrongCode(user.codeNow())))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
  }
  const { access_token: token } = user
  const stepUp = (code: string) => request(authRoutes.stepUp, { token, body: { password, code } })
  expect((await stepUp(wrongCode(user.codeNow()))).status).toBe(401)

  const challenge = await user.challenge()
  const refused = await answer(challenge, user.nextCode())
  expect([...outcome(refused), refused.headers['retry-after']]).toEqual([429, 'too_many_attempts', '870'])
  expect(outcome(await stepUp(user.nextCode()))).toEqual([429, 'too_many_attempts'])
  clock.advance(900)
  expect((await answer(await user.challenge(), user.nextCode())).status).toBe(200)
})

describe('with limits of the routes, and a cache that may fail', () => {
  const cache = createMemoryCache(now)
  const limited = createAccountsApi(db.sql, clock, {
    throttle: createThrottle({ sql: db.sql, cache, now }),
    takeCall: createRateLimiter({ cache, now }),
  })

  afterEach(() => {
    cache.fails = false
  })

  test('every answer tells what is left, refusals too', async () => {
    const ip = newAddress()
    const nobody = `u_${randomUUID().slice(0, 8)}`
    const answers = [
      ...(await answersOf(6, () => limited.login(nobody, wrong, at(ip)))),
      await limited.request(authRoutes.login, { body: {}, ip }),
      await limited.request(userRoutes.getOwnUser, { ip }),
      await limited.request(userRoutes.getUser, { params: { username: nobody }, ip }),
    ]

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 422, 401, 404])
    expect(answers.map(({ headers }) => headers.ratelimit)).toEqual([
      ...[24, 23, 22, 21, 20, 19, 18].map((left) => expect.stringMatching(`^"login";r=${left};t=\\d+$`)),
      ...[59, 58].map((left) => expect.stringMatching(`^"read";r=${left};t=\\d+$`)),
    ])
    for (const { headers } of answers) expect(headers['ratelimit-policy']).toMatch(/^"\w+";q=\d+;w=\d+$/)
  })

  test('a network that has used up its logins is refused by the route', async () => {
    const ip = newAddress()
    const answers = await answersOf(26, () => limited.login(randomUUID(), wrong, at(ip)))

    const codes = answers.map(({ problem }) => problem.code)
    expect(codes.slice(0, 20)).toEqual(Array(20).fill('invalid_credentials'))
    expect(codes.slice(20)).toEqual([...Array(5).fill('too_many_attempts'), 'rate_limited'])
    expect(Number(answers[25]!.headers['retry-after'])).toBeLessThanOrEqual(300)
  })

  test('nobody signs in while nothing is counted, and what is read goes on', async () => {
    const { access_token: token, username } = await limited.signIn()
    cache.fails = true

    const refused = await limited.login(username, password)
    expect([...outcome(refused), refused.headers['retry-after']]).toEqual([503, 'unavailable', '1'])
    expect((await limited.request(userRoutes.getOwnUser, { token })).status).toBe(200)
    cache.fails = false
    expect((await limited.login(username)).status).toBe(200)
  })

  test.each([
    { name: 'logins', call: () => broken.login('nobody', wrong) },
    {
      name: 'mails',
      call: () => broken.request(authRoutes.forgotPassword, { body: { email: 'nobody@example.test' } }),
    },
  ])('$name alone are shut, too, without the count of guesses', async ({ call }) => {
    cache.fails = true

    const refused = await call()
    expect([...outcome(refused), refused.headers['retry-after']]).toEqual([503, 'unavailable', '1'])
  })
  const broken = createAccountsApi(db.sql, clock, { throttle: createThrottle({ sql: db.sql, cache, now }) })
})
