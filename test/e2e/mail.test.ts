import { randomBytes } from 'node:crypto'
import { expectStatus, until } from '../../infra/local/client.ts'
import { newClient, randomName } from '../support/platform.ts'

const client = await newClient()
const { platform } = client
type Person = Awaited<ReturnType<typeof client.join>>

/** What SES's mailbox simulator takes: labels make an address of it that is one's own. */
const simulated = (what: string) => `${what}+${randomBytes(6).toString('hex')}@simulator.amazonses.com`
const mailsTo = async (address: string) => {
  const { emails } = (await (await fetch(`${platform.mailbox_url}/store`)).json()) as {
    emails: { destination: { to: string[] }; headers?: { name: string; value: string }[]; subject: string }[]
  }
  return emails.filter(({ destination }) => destination.to.includes(address))
}
const me = ({ token }: Person) => client.request('GET', '/api/v1/users/me', { token })
const preferences = async ({ token }: Person) =>
  expectStatus(200, await client.request('GET', '/api/v1/notifications/preferences', { token }))
const statusBecomes = (person: Person, status: string) =>
  until(`the address of ${person.username} to be ${status}`, async () => {
    const { body } = await me(person)
    return body.email_status === status ? body : undefined
  })

/** Asks for the move; whoever has the new address agrees. */
async function moveTo(person: Person, new_email: string) {
  const body = { new_email, password: person.password }
  expectStatus(202, await client.request('POST', '/api/v1/auth/email/change', { token: person.token, body }))
  await agree(new_email)
}

async function agree(address: string) {
  const token = client.tokenOf(await client.mailTo(address, /Confirm/))
  expectStatus(204, await client.request('POST', '/api/v1/auth/email/change/confirm', { body: { token } }))
}

async function joinAt(what: string) {
  const person = await client.join('mailed')
  const email = simulated(what)
  await moveTo(person, email)
  await agree(person.email)
  expect((await me(person)).body.email_status).toBe('ok')
  // A mail to the address that works so far.
  expectStatus(202, await client.request('POST', '/api/v1/auth/password/forgot', { body: { email } }))
  return { ...person, email }
}

test('an address that mail comes back from gets none, is shown to its owner, and is left for one that works', async () => {
  const person = await joinAt('bounce')
  await statusBecomes(person, 'unreachable')
  await until('the notice in the application', async () => {
    const { body } = await client.request('GET', '/api/v1/notifications', { token: person.token })
    return (body.data as { kind: string }[]).some(({ kind }) => kind === 'mail_trouble') || undefined
  })
  const before = (await mailsTo(person.email)).length
  const fresh = `${randomName('fresh')}@example.com`

  await moveTo(person, fresh)

  expect((await me(person)).body).toMatchObject({ email: fresh, email_status: 'ok' })
  expect(await mailsTo(person.email)).toHaveLength(before)
})

test('after a complaint an account still gets what it asks for', async () => {
  const person = await joinAt('complaint')
  await statusBecomes(person, 'unwanted')

  const body = { email: person.email }
  expectStatus(202, await client.request('POST', '/api/v1/auth/password/forgot', { body }))

  expect(client.tokenOf(await client.mailTo(person.email, /Reset/))).toEqual(expect.any(String))
})

test('a mail by choice is ended by one click of a stranger; a look at the link ends nothing', async () => {
  const [owner, guest] = [await client.join('owner'), await client.join('guest')]
  const track = await client.createTrack(owner.token)
  const invitation = { role: 'viewer' }
  const path = `/api/v1/tracks/${track.id}/collaborators/${guest.user.id}`
  await client.request('PUT', path, { token: owner.token, body: invitation })
  const mail = await client.mailTo(guest.email, /invited you/)
  const headers = new Map(
    (mail.headers as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
  )
  const url = /^<(.+)>$/.exec(headers.get('List-Unsubscribe')!)![1]!
  expect(headers.get('List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click')

  expect((await fetch(url)).status).toBe(405)
  expect((await fetch(url, { method: 'POST' })).status).toBe(422)
  expect((await preferences(guest)).collaboration_invite.email).toBe(true)
  const answer = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
  })

  expect(answer.status).toBe(200)
  expect((await preferences(guest)).collaboration_invite).toEqual({ in_app: true, email: false })
  expect((await mailsTo(owner.email)).every(({ headers: all = [] }) => all.length === 0)).toBe(true)
  const wrong = await fetch(url.replace(/token=..../, 'token=AAAA'), {
    method: 'POST',
    body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
  })
  expect([wrong.status, ((await wrong.json()) as { code: string }).code]).toEqual([400, 'invalid_token'])
})
