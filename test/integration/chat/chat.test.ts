import { chatRoutes } from '../../../functions/chat/routes.ts'
import { createCache } from '../../../lib/cache/cache.ts'
import { createRateLimiter } from '../../../lib/http/rate-limit.ts'
import { chatServer } from '../../support/account-apis.ts'
import { createAccountsApi, createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { readChatToken } from '../../support/peer-servers.ts'

const { sql } = useDatabase()
const clock = createClock(new Date('2026-03-01T12:00:00Z'))
const api = createAccountsApi(sql, clock)
const seconds = () => clock.now().getTime() / 1_000

const ask = (token: string | undefined, options: object = {}) =>
  api.request(chatRoutes.issueChatToken, { token, ...options })

describe('a token for the chat', () => {
  test('is one that the chat server takes, for five minutes', async () => {
    const person = await api.signIn()
    const [row] = await sql`select user_number from users where id = ${person.id}`

    const { status, body, headers } = await ask(person.access_token)

    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expect(Object.keys(body).sort()).toEqual(['expires_at', 'token', 'ws_url'])
    expect(body.ws_url).toBe(chatServer.url)
    expect(body.expires_at).toBe(new Date(clock.now().getTime() + 300_000).toISOString())
    expect(readChatToken(body.token, { secret: chatServer.secret, now: seconds() + 300 })).toMatchObject({
      user_id: row!.user_number,
      username: person.username,
      role: 'user',
      sub: person.id,
      sid: person.session_id,
      exp: seconds() + 300,
    })
  })

  test('names the role that the user has now', async () => {
    const person = await api.signIn()
    await sql`update users set role = 'moderator' where id = ${person.id}`
    const { body } = await ask(person.access_token)
    expect(readChatToken(body.token, { secret: chatServer.secret, now: seconds() })).toMatchObject({
      role: 'moderator',
    })
  })

  test('opens no route of ours', async () => {
    const { body } = await ask((await api.signIn()).access_token)
    expect(await ask(body.token)).toMatchObject({ status: 401, problem: { code: 'unauthenticated' } })
  })

  test.each([
    { name: 'is suspended', change: { suspended_at: clock.now() }, code: 'account_suspended' },
    { name: 'has not verified the address', change: { email_verified_at: null }, code: 'email_not_verified' },
  ])('is refused to who $name since', async ({ change, code }) => {
    const person = await api.signIn()
    await ask(person.access_token)
    await sql`update users set ${sql(change)} where id = ${person.id}`
    expect(await ask(person.access_token)).toMatchObject({ status: 403, problem: { code } })
  })

  test('is given again once a suspension is over', async () => {
    const person = await api.signIn()
    const change = { suspended_at: clock.now(), suspended_until: clock.now() }
    await sql`update users set ${sql(change)} where id = ${person.id}`
    expect(await ask(person.access_token)).toMatchObject({ status: 200 })
  })

  test('is refused to guests, and to whose session has ended', async () => {
    expect(await ask(undefined)).toMatchObject({ status: 401 })
    const person = await api.signIn()
    await sql`update sessions set revoked_at = now() where id = ${person.session_id}`
    expect(await ask(person.access_token)).toMatchObject({ problem: { code: 'token_revoked' } })
  })

  test('is kept by no idempotency key', async () => {
    const { access_token } = await api.signIn()
    const options = { headers: { 'idempotency-key': 'the-same' } }
    const [one, two] = [await ask(access_token, options), await ask(access_token, options)]
    expect(one.body.token).not.toBe(two.body.token)
    expect(two.headers).not.toHaveProperty('idempotent-replayed')
  })

  test('is given 30 times a minute to a user, wherever they are', async () => {
    const takeCall = createRateLimiter({ cache: createCache({ sql, now: clock.now }), now: clock.now })
    const limited = createAccountsApi(sql, clock, { takeCall })
    const { access_token: token } = await api.signIn()
    const statuses: number[] = []
    for (let call = 0; call < 31; call++) {
      const { status } = await limited.request(chatRoutes.issueChatToken, { token, ip: `192.0.2.${call}` })
      statuses.push(status)
    }
    expect(statuses).toEqual([...Array(30).fill(200), 429])
    clock.advance(60)
    expect((await limited.request(chatRoutes.issueChatToken, { token })).status).toBe(200)
  })
})
