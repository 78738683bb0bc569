import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const openConnections = useConnections(db)
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request, login, postbox } = api

const newAddress = () => `${randomUUID()}@new.example`
const change = (token: string | undefined, new_email: unknown, given: unknown = password) =>
  request(authRoutes.changeEmail, { token, body: { new_email, password: given } })
const confirm = (token: string) => request(authRoutes.confirmEmailChange, { body: { token } })
const linkTo = (address: string) => postbox.tokenFor(address, 'confirm-email-change')
const readMe = (token: string) => request(userRoutes.getOwnUser, { token })
const emailOf = async (id: string) => (await db.sql`select email from users where id = ${id}`)[0]!.email
const outcome = ({ status, problem }: { status: number; problem: { code?: string } | undefined }) => [
  status,
  problem?.code,
]

async function moving() {
  const person = await api.signIn()
  const new_email = newAddress()
  const answer = await change(person.access_token, new_email)
  if (answer.status !== 202) throw new Error(answer.text)
  return { ...person, new_email, old: await linkTo(person.email), fresh: await linkTo(new_email) }
}

test.each([
  { name: 'the old address first', order: ['old', 'fresh'] as const },
  { name: 'the new address first', order: ['fresh', 'old'] as const },
])('moves the account once both have agreed, $name', async ({ order }) => {
  const person = await moving()

  expect((await confirm(person[order[0]])).status).toBe(204)
  expect(await emailOf(person.id)).toBe(person.email)
  expect((await confirm(person[order[1]])).status).toBe(204)

  expect((await readMe(person.access_token)).body).toMatchObject({ id: person.id, email: person.new_email })
  expect((await login(person.new_email)).status).toBe(200)
  expect(outcome(await login(person.email))).toEqual([401, 'invalid_credentials'])
})

test('tells the old address, ends the other sessions, and writes both down', async () => {
  const person = await moving()
  const other = await login(person.username)

  await confirm(person.old)
  await confirm(person.fresh)

  expect((await postbox.mailsTo(person.email)).at(-1)?.subject).toBe(
    'The address of your Veza account was changed',
  )
  expect((await postbox.mailsTo(person.new_email)).map(({ subject }) => subject)).toEqual([
    'Confirm your new e-mail address',
  ])
  clock.advance(6)
  expect((await readMe(person.access_token)).status).toBe(200)
  expect(outcome(await readMe(other.body.access_token))).toEqual([401, 'token_revoked'])
  const trail = await db.sql`
    select action, outcome, details from audit_events
    where user_id = ${person.id} and action like 'account.email_change%' order by at, id
  `
  expect(trail).toEqual([
    { action: 'account.email_change_requested', outcome: 'success', details: {} },
    { action: 'account.email_changed', outcome: 'success', details: {} },
  ])
})

test('the old address can call the change off, which ends the session that asked and forces a reset', async () => {
  const person = await moving()
  const token = await postbox.tokenFor(person.email, 'not-me')

  expect((await request(authRoutes.disownNotice, { body: { token } })).status).toBe(204)

  expect(outcome(await confirm(person.old))).toEqual([400, 'invalid_token'])
  expect(outcome(await confirm(person.fresh))).toEqual([400, 'invalid_token'])
  expect(await emailOf(person.id)).toBe(person.email)
  clock.advance(6)
  expect(outcome(await readMe(person.access_token))).toEqual([401, 'token_revoked'])
  expect(outcome(await login(person.username))).toEqual([403, 'password_reset_required'])
})

test('kills every link mailed before, but those that undo', async () => {
  const person = await moving()
  await request(authRoutes.forgotPassword, { body: { email: person.email } })
  const reset = await postbox.tokenFor(person.email, 'reset-password')

  await confirm(person.old)
  await confirm(person.fresh)

  const answer = await request(authRoutes.resetPassword, { body: { token: reset, password: 'yet another' } })
  expect(outcome(answer)).toEqual([400, 'invalid_token'])
  expect(await postbox.tokenFor(person.email, 'not-me')).toBeDefined()
  const left = await db.sql`select distinct purpose from email_tokens where user_id = ${person.id}`
  expect(left).toEqual([{ purpose: 'not_me' }])
})

test('answers the same for an address that has an account, and tells only its owner', async () => {
  const owner = await api.join()
  const person = await api.signIn()

  const answers = [
    await change(person.access_token, newAddress()),
    await change(person.access_token, owner.email.toUpperCase()),
  ].map(({ status, text }) => [status, text])

  expect(answers).toEqual(Array(2).fill([202, '{"status":"accepted"}']))
  const mails = await postbox.mailsTo(owner.email)
  expect(mails.at(-1)?.subject).toBe('You already have a Veza account')
  expect(mails.at(-1)?.text).not.toContain('token=')
  expect((await confirm(await linkTo(person.email))).status).toBe(204)
  expect(await emailOf(person.id)).toBe(person.email)
})

test('refuses an address that was taken meanwhile, and gives the change up', async () => {
  const person = await moving()
  await confirm(person.old)
  const username = `u_${randomUUID().slice(0, 8)}`
  await request(authRoutes.register, { body: { email: person.new_email, username, password } })

  expect(outcome(await confirm(person.fresh))).toEqual([409, 'conflict'])

  expect(await emailOf(person.id)).toBe(person.email)
  expect(await db.sql`select 1 from email_changes where user_id = ${person.id}`).toEqual([])
  expect(outcome(await confirm(person.fresh))).toEqual([400, 'invalid_token'])
})

test('of two accounts that want one address at once, one gets it', async () => {
  const [first, second] = [await api.signIn(), await api.signIn()]
  const new_email = newAddress()
  const people: { id: string; fresh: string }[] = []
  for (const { id, email, access_token } of [first, second]) {
    await change(access_token, new_email)
    const fresh = await linkTo(new_email)
    await confirm(await linkTo(email))
    people.push({ id, fresh })
  }
  const apis = (await openConnections(2)).map((sql) => createAccountsApi(sql, clock))

  const answers = await Promise.all(
    apis.map(({ request: send }, at) =>
      send(authRoutes.confirmEmailChange, { body: { token: people[at]!.fresh } }),
    ),
  )

  expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 409])
  expect(await db.sql`select 1 from users where email = ${new_email}`).toHaveLength(1)
})

test('both may agree at the same time', async () => {
  const person = await moving()
  const apis = (await openConnections(2)).map((sql) => createAccountsApi(sql, clock))

  const answers = await Promise.all(
    [person.old, person.fresh].map((token, at) =>
      apis[at]!.request(authRoutes.confirmEmailChange, { body: { token } }),
    ),
  )

  expect(answers.map(({ status }) => status)).toEqual([204, 204])
  expect(await emailOf(person.id)).toBe(person.new_email)
})

describe('a link', () => {
  test('works once, also when it is used twenty times at once', async () => {
    const { old } = await moving()
    const apis = (await openConnections(20)).map((sql) => createAccountsApi(sql, clock))

    const answers = await Promise.all(
      apis.map(({ request: send }) => send(authRoutes.confirmEmailChange, { body: { token: old } })),
    )

    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, ...Array(19).fill(400)])
  })

  test('agrees for its own address alone', async () => {
    const { id, email, old } = await moving()
    await confirm(old)
    await confirm(old)

    expect(await emailOf(id)).toBe(email)
  })

  test('ends after 24 hours', async () => {
    const { old } = await moving()
    clock.advance(86_400)

    expect(outcome(await confirm(old))).toEqual([400, 'invalid_token'])
  })

  test('dies when another address is asked for', async () => {
    const { access_token, email, old, fresh } = await moving()
    await change(access_token, newAddress())

    expect(outcome(await confirm(old))).toEqual([400, 'invalid_token'])
    expect(outcome(await confirm(fresh))).toEqual([400, 'invalid_token'])
    expect((await confirm(await linkTo(email))).status).toBe(204)
  })

  test.each(['x', 'x'.repeat(43), '🎧', "' or 1=1 --"])(
    'that nobody was mailed is refused: %s',
    async (token) => {
      expect(outcome(await confirm(token))).toEqual([400, 'invalid_token'])
    },
  )
})

test('refuses a wrong password, and writes that down', async () => {
  const { access_token, id } = await api.signIn()

  expect(outcome(await change(access_token, newAddress(), 'wrong'))).toEqual([401, 'invalid_credentials'])

  expect(await db.sql`select 1 from email_changes where user_id = ${id}`).toEqual([])
  const trail = await db.sql`
    select outcome from audit_events where user_id = ${id} and action = 'account.email_change_requested'
  `
  expect(trail).toEqual([{ outcome: 'failure' }])
})

test('refuses the present address, in any case', async () => {
  const { access_token, email } = await api.signIn()

  const { status, problem } = await change(access_token, email.toUpperCase())

  expect(status).toBe(422)
  expect(problem.errors).toMatchObject([{ pointer: '#/body/new_email', code: 'email_unchanged' }])
})

test.each([
  { name: 'no address', new_email: 'nobody' },
  { name: 'a mail header', new_email: 'a@b.example\nBcc: c@d.example' },
  { name: 'a list', new_email: ['a@b.example'] },
])('refuses $name', async ({ new_email }) => {
  const { access_token } = await api.signIn()

  expect(outcome(await change(access_token, new_email))).toEqual([422, 'validation_failed'])
})

test('is for nobody without a token', async () => {
  expect(outcome(await change(undefined, newAddress()))).toEqual([401, 'unauthenticated'])
})
