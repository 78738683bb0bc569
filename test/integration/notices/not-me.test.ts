import { randomBytes, randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { addNotice, type ToldKind, toldKinds } from '../../../lib/notices/notices.ts'
import { createAccountsApi } from '../../support/accounts.ts'
import { createAuthenticator } from '../../support/authenticator.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createCeremonies } from '../../support/passkeys.ts'

const database = useDatabase()
const { sql } = database
const connections = useConnections(database)
const api = createAccountsApi(sql)
const origin = {
  ip: '198.51.100.4',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  requestId: 'request-1',
}

interface Person {
  readonly id: string
  readonly email: string
  readonly username: string
  readonly session_id: string
}

const tokenIn = (text: string) => /not-me\?token=([\w-]+)/.exec(text)![1]!

/** Has a notice mailed, and answers with its mail. */
async function notify({ id: user_id, email, session_id }: Person, kind: ToldKind = 'new_device') {
  await sql.begin((tx) => addNotice(tx, { user_id, kind, session_id, email }, origin, api.clock.now()))
  const [message] = await sql<[{ id: string }]>`
    delete from outbox where type = 'mail.security_notice' returning id, type, payload, request_id, created_at
  `
  api.postbox.queued.push(JSON.stringify(message))
  const mail = (await api.postbox.mailsTo(email)).at(-1)!
  return { ...mail, token: tokenIn(mail.text), message }
}

const disown = (token: string) => api.request(authRoutes.disownNotice, { body: { token } })
/** Each over a connection of its own. */
const disownAtOnce = async (tokens: readonly string[]) => {
  const apis = (await connections(tokens.length)).map((one) => createAccountsApi(one, api.clock))
  const answers = tokens.map((token, at) => apis[at]!.request(authRoutes.disownNotice, { body: { token } }))
  return (await Promise.all(answers)).map(({ status }) => status)
}

const me = (token: string) => api.request(userRoutes.getOwnUser, { token })
const resetMails = async (address: string) =>
  (await api.postbox.mailsTo(address)).filter(({ text }) => text.includes('/reset-password?token='))

describe.each(toldKinds)('the notice %s', (kind) => {
  test('says what happened, when, on what and from where, and can be disowned', async () => {
    const person = await api.signIn()

    const { text, token } = await notify(person, kind)

    const at = api.clock.now().toISOString()
    expect(text).toContain(`When: ${at.slice(0, 10)} ${at.slice(11, 16)} UTC\n`)
    expect(text).toContain('Device: Firefox on Linux\nAddress: 198.51.100.4\n')
    expect((await disown(token)).status).toBe(204)
    const [row] = await sql`
      select session_id, details from audit_events
      where action = 'session.disowned' and user_id = ${person.id}
    `
    expect(row).toEqual({ session_id: person.session_id, details: { kind } })
  })
})

test('ends every session at once, and lets nobody in before the password was reset', async () => {
  const person = await api.signIn()
  const other = (await api.login(person.username)).body
  const { token } = await notify(person)

  expect((await disown(token)).status).toBe(204)

  api.clock.advance(5)
  for (const { access_token } of [person, other]) {
    expect((await me(access_token)).problem).toMatchObject({ code: 'token_revoked' })
  }
  const body = { refresh_token: other.refresh_token }
  expect((await api.request(authRoutes.refresh, { body })).status).toBe(401)
  expect((await api.login(person.username)).problem).toMatchObject({ code: 'password_reset_required' })

  const { text } = (await resetMails(person.email)).at(-1)!
  const reset = { token: /token=([\w-]+)/.exec(text)![1], password: 'a far better password' }
  expect((await api.request(authRoutes.resetPassword, { body: reset })).status).toBe(204)
  expect((await api.login(person.username, reset.password)).status).toBe(200)
})

test("leaves everybody else's sessions alone", async () => {
  const bystander = await api.signIn()
  const { token } = await notify(await api.signIn())

  await disown(token)

  api.clock.advance(5)
  expect((await me(bystander.access_token)).status).toBe(200)
})

test('works once, of many times at once too', async () => {
  const person = await api.signIn()
  const { token } = await notify(person)

  const statuses = await disownAtOnce(Array(10).fill(token))

  expect(statuses.toSorted()).toEqual([204, ...Array(9).fill(400)])
  const resets =
    await sql`select from audit_events where action = 'session.disowned' and user_id = ${person.id}`
  expect(resets).toHaveLength(1)
  expect((await disown(token)).problem).toMatchObject({ status: 400, code: 'invalid_token' })
})

test('works for two notices at once without a deadlock', async () => {
  const person = await api.signIn()
  const one = await notify(person)
  api.clock.advance(1)
  const two = await notify(person, 'password_changed')

  const statuses = await disownAtOnce([one.token, two.token, one.token, two.token])

  // The earlier one ends the later one, and not the other way round.
  expect(statuses.filter((status) => status === 204).length).toBeGreaterThanOrEqual(1)
  expect(statuses.filter((status) => status === 204).length).toBeLessThanOrEqual(2)
  expect(statuses.every((status) => status === 204 || status === 400)).toBe(true)
})

test('works for seven days', async () => {
  const { token } = await notify(await api.signIn())
  const { token: late } = await notify(await api.signIn())
  const week = 7 * 24 * 60 * 60

  api.clock.advance(week - 1)
  expect((await disown(token)).status).toBe(204)
  api.clock.advance(1)
  expect((await disown(late)).problem).toMatchObject({ code: 'invalid_token' })
})

test('is no other link, and no other link is it', async () => {
  const person = await api.signIn()
  const { token } = await notify(person)
  await api.request(authRoutes.forgotPassword, { body: { email: person.email } })
  const reset = await api.postbox.tokenFor(person.email)

  expect((await disown(reset)).problem).toMatchObject({ code: 'invalid_token' })
  const body = { token, password: 'a far better password' }
  expect((await api.request(authRoutes.resetPassword, { body })).problem).toMatchObject({
    code: 'invalid_token',
  })
  expect((await disown(token)).status).toBe(204)
})

test.each([
  { name: 'a token that was never given', body: { token: 'x'.repeat(43) }, status: 400 },
  { name: 'an empty one', body: { token: '' }, status: 422 },
  { name: 'none', body: {}, status: 422 },
  { name: 'whose it is', body: { token: 'x', user_id: randomUUID() }, status: 422 },
])('refuses $name', async ({ body, status }) => {
  expect((await api.request(authRoutes.disownNotice, { body })).status).toBe(status)
})

test('a link of nobody is written down as a failure', async () => {
  const failures = () => sql`
    select user_id, details from audit_events where action = 'session.disowned' and outcome = 'failure'
  `
  const before = await failures()

  await disown('no-such-token')

  const after = await failures()
  expect(after).toHaveLength(before.length + 1)
  expect(after).toContainEqual({ user_id: null, details: {} })
})

test('a deleted account has no links', async () => {
  const person = await api.signIn()
  const { token } = await notify(person)
  await sql`update users set deleted_at = ${api.clock.now()} where id = ${person.id}`

  expect((await disown(token)).problem).toMatchObject({ code: 'invalid_token' })
})

test('forgets devices, and whatever else was under way to change the account', async () => {
  const person = await api.signIn()
  await sql`
    insert into devices (user_id, secret_hash, second_factor_at, trusted_until)
    values (${person.id}, ${randomBytes(32)}, now(), now() + interval '30 days')
  `
  await sql`
    insert into email_changes (user_id, new_email, expires_at) values (${person.id}, 'thief@example.test', now())
  `
  const links = ['change_email_new', 'reset_password'].map((purpose) => ({
    purpose,
    token_hash: randomBytes(32),
    user_id: person.id,
    expires_at: new Date(Date.now() + 60_000),
  }))
  await sql`insert into email_tokens ${sql(links)}`
  const { token } = await notify(person)

  await disown(token)

  const [left] = await sql`
    select
      (select count(*)::int from devices where user_id = ${person.id}) as devices,
      (select count(*)::int from email_changes where user_id = ${person.id}) as changes,
      (select count(*)::int from email_tokens where user_id = ${person.id}) as tokens
  `
  expect(left).toEqual({ devices: 0, changes: 0, tokens: 0 })
})

test('keeps the account whose deletion was not asked for by its owner', async () => {
  const person = await api.signIn()
  const deletes_at = new Date(api.clock.now().getTime() + 1_000)
  await sql`update users set deletes_at = ${deletes_at} where id = ${person.id}`
  const read = () => sql`select deletes_at from users where id = ${person.id}`

  await disown((await notify(person, 'new_device')).token)
  await expect(read()).resolves.toEqual([{ deletes_at }])

  await disown((await notify(person, 'deletion_requested')).token)
  await expect(read()).resolves.toEqual([{ deletes_at: null }])
})

test('takes back what was done after it too, for it ends the links of that', async () => {
  const person = await api.signIn()
  const { token } = await notify(person, 'new_device')
  api.clock.advance(60)
  const taken = `thief_${randomUUID()}@example.test`
  await notify(person, 'email_changed')
  await notify({ ...person, email: taken }, 'deletion_requested')
  await sql`update users set email = ${taken}, deletes_at = now() + interval '30 days' where id = ${person.id}`

  expect((await disown(token)).status).toBe(204)

  const kept = { email: person.email, deletes_at: null }
  expect(await sql`select email, deletes_at from users where id = ${person.id}`).toEqual([kept])
  expect(await resetMails(person.email)).toHaveLength(1)
  expect(await resetMails(taken)).toHaveLength(0)
})

test('removes the passkeys that are newer, which would let in whoever added them, and keeps the older ones', async () => {
  const person = await api.signIn()
  const { add, login } = createCeremonies(api)
  const [own, foreign] = [createAuthenticator(), createAuthenticator()]
  const { body: kept } = await add(person.access_token, own)
  api.clock.advance(60)
  const { body: added } = await add(person.access_token, foreign)
  const token = await api.postbox.tokenFor(person.email, 'not-me')

  await disown(token)
  const reset = await api.postbox.tokenFor(person.email, 'reset-password')
  await api.request(authRoutes.resetPassword, { body: { token: reset, password: 'a far better password' } })

  expect(await sql`select id from passkeys where user_id = ${person.id}`).toEqual([{ id: kept.id }])
  expect((await login(foreign)).problem.code).toBe('invalid_credentials')
  expect((await login(own)).status).toBe(200)
  const trail = await sql`
    select target, details from audit_events where action = 'passkey.removed' and user_id = ${person.id}
  `
  expect(trail).toEqual([{ target: `passkey:${added.id}`, details: { by: 'not_me' } }])
})

describe('a change of address that is disowned from the old one', () => {
  async function moveTo(person: Person, email: string) {
    await sql`update users set email = ${email} where id = ${person.id}`
    return notify(person, 'email_changed')
  }
  const emailOf = async (id: string) => (await sql`select email from users where id = ${id}`)[0]!.email
  const thief = () => `thief_${randomUUID()}@example.test`

  test('is undone, and the password is reset there', async () => {
    const person = await api.signIn()
    const taken = thief()
    const { token } = await moveTo(person, taken)

    expect((await disown(token)).status).toBe(204)

    expect(await emailOf(person.id)).toBe(person.email)
    expect(await resetMails(person.email)).toHaveLength(1)
    expect(await resetMails(taken)).toHaveLength(0)
    const trail = sql`
      select details from audit_events where action = 'account.email_changed' and user_id = ${person.id}
    `
    await expect(trail).resolves.toEqual([{ details: { by: 'not_me' } }])
  })

  test('stays where the old address is the account of another by now; all else is done', async () => {
    const person = await api.signIn()
    const taken = thief()
    const { token } = await moveTo(person, taken)
    const heir = `h_${randomUUID().slice(0, 8)}`
    await sql`
      insert into users (username, display_name, email, password_hash)
      values (${heir}, 'Heir', ${person.email}, '-')
    `

    expect((await disown(token)).status).toBe(204)

    expect(await emailOf(person.id)).toBe(taken)
    expect((await api.login(person.username)).problem).toMatchObject({ code: 'password_reset_required' })
  })

  test('cannot be kept from its owner by links mailed to the thief', async () => {
    const person = await api.signIn()
    const [first, second] = [thief(), thief()]
    const owners = await moveTo(person, first)
    api.clock.advance(60)
    const thiefs = await moveTo({ ...person, email: first }, second)
    api.clock.advance(60)
    const last = await notify({ ...person, email: second }, 'password_changed')

    expect((await disown(thiefs.token)).status).toBe(204)
    expect((await disown(owners.token)).status).toBe(204)

    expect(await emailOf(person.id)).toBe(person.email)
    expect((await disown(last.token)).problem).toMatchObject({ code: 'invalid_token' })
  })
})

test('a notice that is delivered twice is mailed once', async () => {
  const person = await api.signIn()
  const { message } = await notify(person)
  const before = (await api.postbox.mailsTo(person.email)).length

  api.postbox.queued.push(JSON.stringify(message))

  expect(await api.postbox.mailsTo(person.email)).toHaveLength(before)
})

test('the token is nowhere but in the mail', async () => {
  const person = await api.signIn()
  const { token, subject } = await notify(person)
  await disown(token)

  expect(token).toMatch(/^[\w-]{43}$/)
  expect(subject).not.toContain(token)
  const rows = await sql`
    select to_jsonb(audit_events) as row from audit_events
    union all select to_jsonb(security_notices) from security_notices
    union all select to_jsonb(email_tokens) from email_tokens
    union all select to_jsonb(outbox) from outbox
  `
  expect(rows.length).toBeGreaterThan(5)
  expect(JSON.stringify(rows)).not.toContain(token)
})
