import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { notificationRoutes } from '../../../functions/social/notification-routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { forgetOldTrouble } from '../../../lib/mail-feedback/expiry.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { call, justSignedIn } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { bounced, complained, createMailroom } from '../../support/mailroom.ts'

const { sql } = useDatabase()
const clock = createClock()
const api = createAccountsApi(sql, clock)
const { request, postbox } = api
const mailroom = createMailroom(sql, clock)
const { feed } = mailroom

const letter = { subject: 'News', text: 'News\n', html: '<p>News</p></div></body></html>' }
const chosen = (user_id: string) => ({ user_id, scope: 'offer' }) as const
const statusOf = async (token: string) => (await request(userRoutes.getOwnUser, { token })).body.email_status
const resend = (email: string) => request(authRoutes.resendVerification, { body: { email } })
const reset = (email: string) => request(authRoutes.forgotPassword, { body: { email } })
const mailsTo = async (address: string) => (await postbox.mailsTo(address)).length
const told = async (id: string) => {
  const actor = { id, role: 'user', session_id: randomUUID(), token_version: 1, ...justSignedIn() } as const
  const { body } = await call(mailroom.handler, notificationRoutes.listNotifications, { actor })
  return body.data.map(({ kind }) => kind)
}

test('nothing more goes to an address that mail comes back from, and its owner sees why', async () => {
  const ada = await api.signIn()
  const etag = (await request(userRoutes.getOwnUser, { token: ada.access_token })).headers.etag!
  await feed(bounced(ada.email, clock.now()))
  const before = await mailsTo(ada.email)

  expect(await mailroom.post.send(ada.email, letter, chosen(ada.id))).toBe(false)
  expect(await mailroom.post.send(ada.email, letter, 'account')).toBe(false)
  await reset(ada.email)

  expect(await mailsTo(ada.email)).toBe(before)
  expect(mailroom.takeSent()).toEqual([])
  expect(await statusOf(ada.access_token)).toBe('unreachable')
  expect(await told(ada.id)).toEqual(['mail_trouble'])
  const again = { token: ada.access_token, headers: { 'if-none-match': etag } }
  expect((await request(userRoutes.getOwnUser, again)).status).toBe(200)
})

test('an address that is verified anew gets mail again, whatever SES says later of mails from before', async () => {
  const ada = await api.signIn()
  const sentBefore = clock.now()
  await feed(bounced(ada.email, sentBefore))
  clock.advance(120)
  await resend(ada.email)
  const verified = await request(authRoutes.verifyEmail, {
    body: { token: await postbox.tokenFor(ada.email) },
  })

  expect(verified).toMatchObject({ status: 200, body: { user: { email_status: 'ok' } } })
  await feed(bounced(ada.email, sentBefore))
  expect(await statusOf(ada.access_token)).toBe('ok')
  expect(await mailroom.post.send(ada.email, letter, 'account')).toBe(true)
  clock.advance(1)
  await feed(bounced(ada.email, clock.now()))
  expect(await statusOf(ada.access_token)).toBe('unreachable')
})

test('what SES tells late of a mail from before the address was first verified does not count', async () => {
  const before = new Date(clock.now().getTime() - 60_000)
  const ada = await api.signIn()
  await feed(bounced(ada.email, before))

  expect(await statusOf(ada.access_token)).toBe('ok')
  expect(await told(ada.id)).toEqual([])
})

test('nobody whose address is well is sent a link to verify it anew', async () => {
  const ada = await api.signIn()
  const before = await mailsTo(ada.email)
  await resend(ada.email)

  expect(await mailsTo(ada.email)).toBe(before)
})

test('an account leaves an address that mail comes back from once the new one agrees; others wait for both', async () => {
  const [ada, ben] = [await api.signIn(), await api.signIn()]
  await feed(bounced(ada.email, clock.now()))
  const move = async (person: typeof ada) => {
    const new_email = `${randomUUID()}@new.example`
    await request(authRoutes.changeEmail, { token: person.access_token, body: { new_email, password } })
    const token = await postbox.tokenFor(new_email, 'confirm-email-change')
    const answer = await request(authRoutes.confirmEmailChange, { body: { token } })
    const [row] = await sql<[{ email: string }]>`select email from users where id = ${person.id}`
    return { status: answer.status, hasMoved: row.email === new_email }
  }

  expect(await move(ada)).toEqual({ status: 204, hasMoved: true })
  expect(await statusOf(ada.access_token)).toBe('ok')
  expect(await move(ben)).toEqual({ status: 204, hasMoved: false })
})

test('after a complaint nothing goes out that is by choice; what is asked for does', async () => {
  const ada = await api.signIn()
  await feed(complained(ada.email, clock.now()))
  const before = await mailsTo(ada.email)
  await reset(ada.email)

  expect(await mailsTo(ada.email)).toBe(before + 1)
  expect(await mailroom.post.send(ada.email, letter, 'account')).toBe(true)
  expect(await mailroom.post.send(ada.email, letter, chosen(ada.id))).toBe(false)
  expect(await statusOf(ada.access_token)).toBe('unwanted')
  expect(await told(ada.id)).toEqual(['mail_trouble'])
})

test('what passes is counted, once however often it is told, and has no other effect', async () => {
  const ada = await api.signIn()
  const id = '0d079340-135a-b8c6-25c2-41fb8f496c53'
  await feed(bounced(ada.email, clock.now(), 'Transient'), id)
  await feed(bounced(ada.email, clock.now(), 'Transient'), id)
  await feed(bounced(ada.email, clock.now(), 'Undetermined'))

  const [row] = await sql`select transient_count, bounced_at from mail_addresses where address = ${ada.email}`
  expect(row).toEqual({ transient_count: 2, bounced_at: null })
  expect(await statusOf(ada.access_token)).toBe('ok')
  expect(await told(ada.id)).toEqual([])
  expect(await mailroom.post.send(ada.email, letter, chosen(ada.id))).toBe(true)
})

test('two things at once are told of once, and both hold', async () => {
  const ada = await api.signIn()
  const at = clock.now()
  await Promise.all([
    feed(bounced(ada.email, at)),
    feed(complained(ada.email, at)),
    feed(bounced(ada.email, at)),
  ])

  const [row] = await sql`
    select bounced_at, complained_at from mail_addresses where address = ${ada.email}
  `
  expect(row).toEqual({ bounced_at: at, complained_at: at })
  expect(await told(ada.id)).toEqual(['mail_trouble'])
})

test.each([
  { name: 'an international domain', stored: 'b\u00fccher.example', told: 'xn--bcher-kva.example' },
  { name: 'another case', stored: 'case.example', told: 'Case.EXAMPLE' },
])('knows an address by $name', async ({ stored, told: domain }) => {
  const name = `u_${randomUUID().slice(0, 8)}`
  await feed(bounced(`${name.toUpperCase()}@${domain}`, clock.now()))

  expect(await mailroom.post.send(`${name}@${stored}`, letter, 'account')).toBe(false)
  expect(await mailroom.post.send(`other_${name}@${stored}`, letter, 'account')).toBe(true)
})

test('takes an address from beside the name of its reader', async () => {
  const ada = await api.signIn()
  await feed(bounced(`Ada <${ada.email}>`, clock.now()))

  expect(await statusOf(ada.access_token)).toBe('unreachable')
})

test.each([
  { name: 'no recipient', payload: { ...bounced('x@example.test', new Date()), recipients: [] } },
  { name: 'another kind', payload: { ...bounced('x@example.test', new Date()), kind: 'delivery' } },
  { name: 'no time', payload: { ...bounced('x@example.test', new Date()), as_of: 'yesterday' } },
])('refuses what has $name', async ({ payload }) => {
  await expect(feed(payload)).rejects.toThrow()
})

test('what has no effect, or is nobody\u2019s, is forgotten after a year; what holds mail back is not', async () => {
  const ada = await api.signIn()
  const other = `${randomUUID()}@gone.example`
  await feed(bounced(ada.email, clock.now()))
  await feed(bounced(other, clock.now()))
  const inAYear = new Date(clock.now().getTime() + 366 * 86_400_000)
  while ((await forgetOldTrouble(sql, inAYear)) > 0);

  const rows = await sql`select address from mail_addresses where address in (${ada.email}, ${other})`
  expect(rows.map(({ address }) => address)).toEqual([ada.email])
})
