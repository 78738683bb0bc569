import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { email as emailSchema } from '../../../lib/auth/schemas.ts'
import { createCache } from '../../../lib/cache/cache.ts'
import { createExportExpiry } from '../../../lib/exports/expiry.ts'
import { createThrottle } from '../../../lib/throttle/throttle.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const days = 24 * 60 * 60

// Each test buries its own.
beforeEach(async () => {
  await sql`update users set deletes_at = null where deleted_at is null`
})

async function setUp() {
  const clock = createClock()
  const api = createAccountsApi(sql, clock)
  const { access_token: token, ...user } = await api.signIn()
  return {
    ...api,
    clock,
    user,
    token,
    remove: (given = password, headers = {}, as = token) =>
      api.request(userRoutes.deleteOwnUser, { token: as, body: { password: given }, headers }),
    restore: (as = token) => api.request(userRoutes.restoreOwnUser, { token: as }),
    me: (as = token) => api.request(userRoutes.getOwnUser, { token: as }),
    seen: (username = user.username) => api.request(userRoutes.getUser, { params: { username } }),
    bury: (now: Date) => buryDueAccount(sql, now),
    expireExports: createExportExpiry({ sql, store: api.exportStore }),
  }
}

const trailOf = (userId: string) => sql`
  select action, outcome, actor_id from audit_events
  where user_id = ${userId} and action like 'account.%' and action <> 'account.registered'
    and action <> 'account.email_verified'
  order by id
`

test('is set for 30 days later, hides the profile and ends the other sessions', async () => {
  const { user, clock, login, remove, me, seen, postbox } = await setUp()
  const elsewhere = (await login(user.username)).body
  clock.advance(6)

  const answer = await remove()

  const deletes_at = new Date(clock.now().getTime() + 30 * days * 1000).toISOString()
  expect(answer).toMatchObject({ status: 202, body: { deletes_at } })
  expect((await me()).body).toMatchObject({ deletes_at })
  expect((await me(elsewhere.access_token)).problem.code).toBe('token_revoked')
  expect((await seen()).status).toBe(404)
  expect((await login(user.username)).body.user).toMatchObject({ deletes_at })
  expect((await trailOf(user.id)).at(-1)).toEqual({
    action: 'account.deletion_requested',
    outcome: 'success',
    actor_id: user.id,
  })
  const notices = await sql`select kind from security_notices where user_id = ${user.id}`
  expect(notices).toContainEqual({ kind: 'deletion_requested' })
  expect((await postbox.mailsTo(user.email)).length).toBeGreaterThan(1)
})

test('asked for again, stays with its day', async () => {
  const { clock, remove } = await setUp()
  const first = await remove()
  clock.advance(60)

  expect((await remove()).body).toEqual(first.body)
})

test('is refused without the right password, and that is written down', async () => {
  const { user, remove, me } = await setUp()

  expect(await remove('not the password')).toMatchObject({
    status: 401,
    problem: { code: 'invalid_credentials' },
  })
  expect((await me()).body.deletes_at).toBeNull()
  expect((await trailOf(user.id)).at(-1)).toEqual({
    action: 'account.deletion_requested',
    outcome: 'failure',
    actor_id: user.id,
  })
})

test('is refused to whoever guesses on, with the right password too', async () => {
  const clock = createClock()
  const cache = createCache({ sql, now: clock.now })
  const throttle = createThrottle({ sql, cache, now: clock.now })
  const { signIn, request } = createAccountsApi(sql, clock, { throttle })
  const { access_token: token } = await signIn()
  const remove = (given: string) => request(userRoutes.deleteOwnUser, { token, body: { password: given } })

  for (let guess = 0; guess < 5; guess++) expect((await remove(`guess ${guess}`)).status).toBe(401)

  expect(await remove(password)).toMatchObject({ status: 429, problem: { code: 'too_many_attempts' } })
})

test.each([{}, { password: '' }, { password: 7 }, { password, reason: 'x' }])(
  'refuses the body %j',
  async (body) => {
    const { request, token } = await setUp()

    expect(await request(userRoutes.deleteOwnUser, { token, body })).toMatchObject({
      status: 422,
      problem: { code: 'validation_failed' },
    })
  },
)

test('asks to prove anew who asks, when that was long ago', async () => {
  const { clock, user, request, remove } = await setUp()
  clock.advance(15 * 60 + 1)
  const { body } = await request(authRoutes.refresh, { body: { refresh_token: user.refresh_token } })

  expect(await remove(password, {}, body.access_token)).toMatchObject({
    status: 401,
    problem: { code: 'step_up_required' },
  })
})

test('honours If-Match', async () => {
  const { remove, me } = await setUp()
  const { etag = '' } = (await me()).headers

  expect((await remove(password, { 'if-match': '"0"' })).problem.code).toBe('precondition_failed')
  expect((await me()).body.deletes_at).toBeNull()
  expect((await remove(password, { 'if-match': etag })).status).toBe(202)
})

test.each(['deleteOwnUser', 'restoreOwnUser'] as const)('%s asks for a user', async (name) => {
  const { request } = await setUp()

  expect(await request(userRoutes[name], { body: { password } })).toMatchObject({ status: 401 })
})

test('lets nobody in after the last moment, though the sweep is yet to come', async () => {
  const { clock, user, login, remove } = await setUp()
  await remove()
  clock.advance(30 * days)

  expect(await login(user.username)).toMatchObject({
    status: 401,
    problem: { code: 'invalid_credentials' },
  })
})

test('can be taken back until the last moment', async () => {
  const { clock, user, login, remove, restore, seen, bury } = await setUp()
  await remove()
  clock.advance(30 * days - 1)
  await expect(bury(clock.now())).resolves.toBe(0)

  const { access_token } = (await login(user.username)).body
  const answer = await restore(access_token)

  expect(answer).toMatchObject({ status: 200, body: { id: user.id, deletes_at: null } })
  expect((await seen()).status).toBe(200)
  clock.advance(days)
  await expect(bury(clock.now())).resolves.toBe(0)
  expect((await trailOf(user.id)).map(({ action }) => action)).toEqual([
    'account.deletion_requested',
    'account.restored',
  ])
})

test('to take back what was never asked for changes nothing', async () => {
  const { user, restore, me } = await setUp()
  const { etag } = (await me()).headers

  expect(await restore()).toMatchObject({ status: 200, headers: { etag } })
  expect(await trailOf(user.id)).toEqual([])
})

describe('when the day has come', () => {
  async function setUpDeleted() {
    const all = await setUp()
    const { user, token, request, postbox, clock } = all
    const texts = { bio: 'Sings', location: 'Łódź', website: 'https://nova.example/', display_name: 'Nova' }
    await request(userRoutes.updateOwnUser, { token, body: texts })
    const former = user.username
    const name = `now_${user.id.slice(-8)}`
    await request(userRoutes.updateOwnUser, { token, body: { username: name } })
    await request(userRoutes.requestExport, { token })
    await postbox.mailsTo(user.email)
    const [track] = await sql<[{ id: string }]>`
      insert into tracks ${sql({ owner_id: user.id, title: 'Low Tide', rights_confirmed_at: new Date() })}
      returning id
    `
    await sql`insert into totp_factors ${sql({ user_id: user.id, sealed_secret: 'x', kid: '1' })}`
    await all.remove()
    clock.advance(30 * days)
    return { ...all, former, name, track }
  }

  const rowOf = async (id: string) => {
    const [row] = await sql`select * from users where id = ${id}`
    return row!
  }

  test('leaves a tombstone that says nothing', async () => {
    const { user, bury, clock, name, track } = await setUpDeleted()

    await expect(bury(clock.now())).resolves.toBe(1)

    const row = await rowOf(user.id)
    expect(row).toMatchObject({
      username: expect.stringMatching(/^deleted_[0-9a-f]{16}$/),
      display_name: 'Deleted user',
      password_hash: '',
      role: 'user',
      bio: '',
      location: '',
      website: null,
      social_links: {},
      settings: {},
      email_verified_at: null,
      deletes_at: null,
      deleted_at: clock.now(),
    })
    const text = JSON.stringify(row)
    for (const personal of [user.email, user.username, name, 'Nova', 'Sings']) {
      expect(text).not.toContain(personal)
    }
    expect(emailSchema.safeParse(row.email).success).toBe(false)
    for (const table of ['sessions', 'devices', 'totp_factors', 'passkeys', 'email_tokens']) {
      await expect(sql`select from ${sql(table)} where user_id = ${user.id}`).resolves.toHaveLength(0)
    }
    const [owned] = await sql`select owner_id, deleted_at from tracks where id = ${track.id}`
    expect(owned).toEqual({ owner_id: user.id, deleted_at: clock.now() })
    expect((await trailOf(user.id)).at(-1)).toEqual({
      action: 'account.deleted',
      outcome: 'success',
      actor_id: null,
    })
  })

  test('nobody gets in any more, nor is anybody seen or written to', async () => {
    const { user, bury, clock, name, login, token, me, seen, former, postbox, request } = await setUpDeleted()
    await bury(clock.now())
    const { username, email } = await rowOf(user.id)

    const attempts = [
      await login(name),
      await login(user.email),
      await login(username),
      await login(email),
      await login(email, ''.padEnd(8, 'x')),
    ]
    expect(attempts.map(({ status, problem }) => [status, problem.code])).toEqual(
      Array(5).fill([401, 'invalid_credentials']),
    )
    expect((await me(token)).status).toBe(401)
    for (const gone of [name, former, username]) expect((await seen(gone)).status).toBe(404)
    const refreshed = await request(authRoutes.refresh, { body: { refresh_token: user.refresh_token } })
    expect(refreshed).toMatchObject({ status: 401, problem: { code: 'refresh_token_not_found' } })
    await postbox.mail.sendVerification(user.id)
    await postbox.mail.sendAccountExists(user.id)
    await expect(postbox.mailsTo(email)).resolves.toEqual([])
  })

  test('keeps the name for 30 more days, and frees the address at once', async () => {
    const { user, bury, clock, name, request } = await setUpDeleted()
    await bury(clock.now())
    const register = (username: string, email: string) =>
      request(authRoutes.register, { body: { username, email, password } })

    expect((await register(name, `${name}@example.test`)).problem.code).toBe('username_taken')
    expect((await register(`new_${user.id.slice(-8)}`, user.email)).status).toBe(202)
    await expect(sql`select from users where email = ${user.email}`).resolves.toHaveLength(1)
    clock.advance(30 * days + 1)
    expect((await register(name, `${name}@example.test`)).status).toBe(202)
  })

  test('is done once, however many runs there are', async () => {
    const { bury, clock, user } = await setUpDeleted()
    const others = (await openConnections(3)).map(
      (connection) => (now: Date) => buryDueAccount(connection, now),
    )

    const done = await Promise.all([bury, ...others].map((run) => run(clock.now())))

    expect(done.toSorted()).toEqual([0, 0, 0, 1])
    await expect(bury(clock.now())).resolves.toBe(0)
    expect((await trailOf(user.id)).filter(({ action }) => action === 'account.deleted')).toHaveLength(1)
  })

  test('a failure on the way leaves the account as it was, and the next run does it', async () => {
    const { bury, clock, user } = await setUpDeleted()
    const before = await rowOf(user.id)
    await sql.unsafe(`
      create function stay() returns trigger language plpgsql as $$ begin raise 'it stays'; end $$;
      create trigger stay before update of deleted_at on users execute function stay()
    `)

    await expect(bury(clock.now())).rejects.toThrow('it stays')
    await sql`drop function stay cascade`
    expect(await rowOf(user.id)).toEqual(before)
    await expect(bury(clock.now())).resolves.toBe(1)
  })

  test('takes the files of exports with it, however often their removal fails', async () => {
    const { bury, clock, user, exportStore, expireExports } = await setUpDeleted()
    const exports = () => sql`select status, expires_at from data_exports where user_id = ${user.id}`
    await sql`update data_exports set expires_at = ${new Date(clock.now().getTime() + 1)} where status = 'ready'`
    await sql`insert into data_exports ${sql({ user_id: user.id, status: 'pending' })}`
    exportStore.failNext('remove', 'after')

    await bury(clock.now())

    await expect(exports()).resolves.toEqual([{ status: 'ready', expires_at: clock.now() }])
    await expect(expireExports(clock.now())).rejects.toThrow('remove fails')
    await expect(expireExports(clock.now())).resolves.toBe(1)
    await expect(exports()).resolves.toEqual([])
    expect(exportStore.objects.size).toBe(0)
  })
})
