import { randomUUID } from 'node:crypto'
import { adminRoutes } from '../../../functions/admin/routes.ts'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createAccountsApi } from '../../support/accounts.ts'
import { signInAs } from '../../support/admins.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()
const { sql } = database
const connections = useConnections(database)
const api = createAccountsApi(sql)
const { listAllUsers, suspendUser, unsuspendUser, changeUserRole } = adminRoutes

type Person = Awaited<ReturnType<typeof signInAs>>
let admin: Person
beforeEach(async () => {
  await sql`update users set role = 'user' where role = 'admin'`
  admin = await signInAs(sql, api, 'admin')
})

const me = (token: string) => api.request(userRoutes.getOwnUser, { token })
const suspend = (user_id: string, body: object = { reason: 'Spam' }, { token } = admin) =>
  api.request(suspendUser, { token, params: { user_id }, body })
const unsuspend = (user_id: string, { token } = admin) =>
  api.request(unsuspendUser, { token, params: { user_id } })
const giveRole = (user_id: string, role: string, { token } = admin) =>
  api.request(changeUserRole, { token, params: { user_id }, body: { role } })

const trailOf = (userId: string) => sql`
  select action, outcome, actor_id, session_id, details from audit_events
  where user_id = ${userId} and action like 'user.%' order by at, id
`

describe('the list of users', () => {
  const list = (query: Record<string, string | number> = {}, { token } = admin) =>
    api.request(listAllUsers, { token, query })

  test('tells what admins see of a user', async () => {
    const { username, email } = await api.join()

    const { status, body } = await list({ q: username })

    expect(status).toBe(200)
    expect(body.data).toMatchObject([
      {
        username,
        email,
        role: 'user',
        email_verified: true,
        suspended_at: null,
        suspended_until: null,
        suspended_reason: null,
      },
    ])
    expect(body.data[0]).not.toHaveProperty('password_hash')
  })

  test('finds by how a username or an address begins, and takes no letter for a wildcard', async () => {
    const tail = randomUUID().slice(0, 8)
    const { email } = await api.join(`w_x${tail}`)
    await api.join(`wax${tail}`)

    const names = async (q: string) => (await list({ q })).body.data.map(({ username }) => username)

    expect(await names(`W_X${tail}`)).toEqual([`w_x${tail}`])
    expect(await names(email)).toEqual([`w_x${tail}`])
    expect(await names(tail)).toEqual([])
    expect(await names('%')).toEqual([])
  })

  test('pages through all, newest first, and can be narrowed to the suspended', async () => {
    const people = [await api.join(), await api.join(), await api.join()]
    await suspend(people[0]!.id)
    const ids: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body } = await list({ limit: 2, ...(cursor && { cursor }) })
      ids.push(...body.data.map(({ id }) => id))
      cursor = body.next_cursor
    }

    expect(ids).toEqual(ids.toSorted().toReversed())
    expect(ids).toEqual(expect.arrayContaining(people.map(({ id }) => id)))
    const suspended = (await list({ status: 'suspended' })).body.data.map(({ id }) => id)
    expect(suspended).toContain(people[0]!.id)
    expect(suspended).not.toContain(people[1]!.id)
  })

  test('refuses the cursor of another search', async () => {
    await api.join()
    const { body } = await list({ limit: 1 })

    const { problem } = await list({ q: 'u', cursor: body.next_cursor! })

    expect(problem).toMatchObject({ code: 'invalid_request' })
  })
})

describe('a suspension', () => {
  test('ends every session, keeps the user out, and is told to them', async () => {
    const user = await api.signIn()

    expect((await suspend(user.id, { reason: 'Sold what was not theirs' })).status).toBe(204)

    api.clock.advance(5)
    expect((await me(user.access_token)).problem).toMatchObject({ code: 'token_revoked' })
    const body = { refresh_token: user.refresh_token }
    expect((await api.request(authRoutes.refresh, { body })).status).toBeGreaterThanOrEqual(401)
    expect((await api.login(user.username)).problem).toMatchObject({ code: 'account_suspended' })
    const mails = await api.postbox.mailsTo(user.email)
    expect(mails.at(-1)).toMatchObject({ subject: 'Your Veza account is suspended' })
    expect(mails.at(-1)!.text).toContain('Reason: Sold what was not theirs\nUntil: Further notice')
  })

  test('is written down with who, why and until when', async () => {
    const { id } = await api.join()
    const until = new Date(api.clock.now().getTime() + 86_400_000).toISOString()

    await suspend(id, { reason: 'Spam', until })
    await unsuspend(id)

    const by = { outcome: 'success', actor_id: admin.id, session_id: admin.session_id }
    expect(await trailOf(id)).toMatchObject([
      { ...by, action: 'user.suspended', details: { reason: 'Spam', until } },
      { ...by, action: 'user.unsuspended' },
    ])
  })

  test('is over at its end, and then counts as none', async () => {
    const { id, username } = await api.join()
    const until = new Date(api.clock.now().getTime() + 60_000).toISOString()
    await suspend(id, { reason: 'Spam', until })
    const read = async () =>
      (await api.request(listAllUsers, { token: admin.token, query: { q: username } })).body.data[0]

    expect(await read()).toMatchObject({ suspended_until: until, suspended_reason: 'Spam' })
    api.clock.advance(60)

    expect((await api.login(username)).status).toBe(200)
    expect(await read()).toMatchObject({ suspended_at: null, suspended_until: null, suspended_reason: null })
  })

  test('can be lifted, once', async () => {
    const { id, username } = await api.join()
    await suspend(id)

    expect((await unsuspend(id)).status).toBe(204)
    expect((await unsuspend(id)).status).toBe(204)

    expect((await api.login(username)).status).toBe(200)
    expect(await trailOf(id)).toHaveLength(2)
  })

  test('sends no mail about what is lifted again by then', async () => {
    const { id, email } = await api.join()
    const held = api.postbox.queued.length
    await suspend(id)
    await unsuspend(id)
    expect(api.postbox.queued.length).toBe(held + 1)

    const subjects = (await api.postbox.mailsTo(email)).map(({ subject }) => subject)

    expect(subjects).not.toContain('Your Veza account is suspended')
  })

  test.each([
    { name: 'no reason', body: {}, pointer: '#/body/reason' },
    { name: 'an empty reason', body: { reason: ' ' }, pointer: '#/body/reason' },
    {
      name: 'an end in the past',
      body: { reason: 'x', until: '2020-01-01T00:00:00Z' },
      pointer: '#/body/until',
    },
    { name: 'an end that is no time', body: { reason: 'x', until: 'soon' }, pointer: '#/body/until' },
    { name: 'an unknown field', body: { reason: 'x', role: 'user' }, pointer: '#/body/role' },
  ])('is refused with $name', async ({ body, pointer }) => {
    const { id } = await api.join()

    const { problem } = await suspend(id, body)

    expect(problem).toMatchObject({ status: 422, code: 'validation_failed', errors: [{ pointer }] })
  })
})

describe('a role', () => {
  test('takes the old tokens with it and is written down with the old one', async () => {
    const user = await api.signIn()

    expect((await giveRole(user.id, 'creator')).status).toBe(204)

    api.clock.advance(5)
    expect((await me(user.access_token)).problem).toMatchObject({ code: 'token_revoked' })
    const body = { refresh_token: user.refresh_token! }
    const { access_token } = (await api.request(authRoutes.refresh, { body })).body
    expect((await me(access_token)).body).toMatchObject({ role: 'creator' })
    expect(await trailOf(user.id)).toMatchObject([
      { action: 'user.role_changed', actor_id: admin.id, details: { old_role: 'user', new_role: 'creator' } },
    ])
  })

  test('that the user has already changes nothing', async () => {
    const user = await api.signIn()

    expect((await giveRole(user.id, 'user')).status).toBe(204)

    api.clock.advance(5)
    expect((await me(user.access_token)).status).toBe(200)
    expect(await trailOf(user.id)).toEqual([])
  })

  test.each(['root', '', 'Admin'])('"%s" is none', async (role) => {
    const { id } = await api.join()

    expect((await giveRole(id, role)).problem).toMatchObject({ code: 'validation_failed' })
  })
})

describe('admins', () => {
  test.each([
    { name: 'suspends', act: () => suspend(admin.id) },
    { name: 'unsuspends', act: () => unsuspend(admin.id) },
    { name: 'gives a role to', act: () => giveRole(admin.id, 'user') },
  ])('nobody $name themselves', async ({ act }) => {
    expect((await act()).problem).toMatchObject({ status: 409, code: 'conflict' })
  })

  const countAdmins = async () =>
    (await sql`select from users where role = 'admin' and suspended_at is null`).length

  test.each([
    { name: 'demote', route: changeUserRole, body: { role: 'user' } },
    { name: 'suspend', route: suspendUser, body: { reason: 'Spam' } },
  ])('two who $name each other leave one', async ({ route, body }) => {
    const apis = (await connections(2)).map((one) => createAccountsApi(one, api.clock))
    for (let round = 0; round < 5; round++) {
      await sql`update users set role = 'user' where role = 'admin'`
      const one = await signInAs(sql, api, 'admin')
      const two = await signInAs(sql, api, 'admin')

      // Both sessions were just seen to stand, so that neither request is stopped before the rule.
      await Promise.all([two, one].map(({ token }, at) => apis[at]!.request(listAllUsers, { token })))
      const act = (at: number, by: Person, on: Person) =>
        apis[at]!.request(route, { token: by.token, params: { user_id: on.id }, body })
      const answers = await Promise.all([act(0, two, one), act(1, one, two)])

      expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 409])
      expect(await countAdmins()).toBe(1)
    }
  })

  test('one who was demoted a moment ago changes nobody', async () => {
    const late = await signInAs(sql, api, 'admin')
    const { id } = await api.join()
    // Seen with the old role just now, so that the check of the session still says yes.
    await api.request(listAllUsers, { token: late.token })
    await signInAs(sql, api, 'admin')
    await giveRole(late.id, 'user')

    expect((await suspend(id, undefined, late)).problem).toMatchObject({ code: 'forbidden' })
  })

  test.each<Actor['role']>(['user', 'creator', 'moderator'])('a %s is none of them', async (role) => {
    const person = await signInAs(sql, api, role)
    const { id } = await api.join()

    const answers = await Promise.all([
      api.request(listAllUsers, { token: person.token }),
      suspend(id, undefined, person),
      unsuspend(id, person),
      giveRole(id, 'admin', person),
      giveRole(person.id, 'admin', person),
      api.request(adminRoutes.listAuditEvents, { token: person.token }),
    ])

    for (const { problem } of answers) expect(problem).toMatchObject({ status: 403, code: 'forbidden' })
  })

  test.each([
    { name: 'suspend', act: () => suspend(randomUUID()) },
    { name: 'unsuspend', act: () => unsuspend(randomUUID()) },
    { name: 'give a role to', act: () => giveRole(randomUUID(), 'user') },
  ])('cannot $name nobody', async ({ act }) => {
    expect((await act()).problem).toMatchObject({ status: 404, code: 'not_found' })
  })

  test('have to prove again who they are after a while', async () => {
    const { id } = await api.join()
    api.clock.advance(15 * 60 + 1)
    const body = { refresh_token: admin.refresh_token }
    const { access_token: token } = (await api.request(authRoutes.refresh, { body })).body
    const later = { ...admin, token }

    for (const act of [suspend(id, undefined, later), unsuspend(id, later), giveRole(id, 'admin', later)]) {
      expect((await act).problem).toMatchObject({ status: 401, code: 'step_up_required' })
    }
    expect((await api.request(listAllUsers, { token })).status).toBe(200)
  })
})

test('an admin reads the trail by its filters', async () => {
  const { id } = await api.join()
  await giveRole(id, 'moderator')

  const query = { user: id, action: 'user.role_changed', actor: admin.id }
  const { body } = await api.request(adminRoutes.listAuditEvents, { token: admin.token, query })

  expect(body.data).toMatchObject([
    { action: 'user.role_changed', actor_id: admin.id, user_id: id, ip: '192.0.2.1' },
  ])
})

test.each([
  { name: 'an action that is none', query: { action: 'user.praised' } },
  { name: 'an actor without a name', query: { actor: ' ' } },
  { name: 'a time that is none', query: { from: 'yesterday' } },
  { name: 'an unknown filter', query: { ip: '192.0.2.1' } },
])('the trail is not asked for by $name', async ({ query }) => {
  const { problem } = await api.request(adminRoutes.listAuditEvents, { token: admin.token, query })

  expect(problem).toMatchObject({ status: 422, code: 'validation_failed' })
})
