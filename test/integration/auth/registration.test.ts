import { authRoutes } from '../../../functions/auth/routes.ts'
import type { Sql } from '../../../lib/db/client.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const openConnections = useConnections(db)
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request, postbox } = api

const register = (body: unknown) => request(authRoutes.register, { body })
const verify = (token: unknown) => request(authRoutes.verifyEmail, { body: { token } })
const resend = (email: unknown) => request(authRoutes.resendVerification, { body: { email } })
const findUser = async (username: string) =>
  (await db.sql`select * from users where username = ${username}`)[0]

let people = 0
function somebody(overrides: Record<string, unknown> = {}) {
  people += 1
  return { email: `person${people}@example.test`, username: `person_${people}`, password, ...overrides }
}

test('registers, mails a link and verifies the address with it', async () => {
  const person = somebody({ email: '  Nova@Example.TEST ', username: 'Nova_DJ', display_name: 'Nova 🎧' })

  expect(await register(person)).toMatchObject({ status: 202, body: { status: 'verification_required' } })
  const verified = await verify(await postbox.tokenFor('nova@example.test'))

  expect(verified).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
  expect(verified.body.user).toEqual({
    id: expect.any(String),
    username: 'nova_dj',
    display_name: 'Nova 🎧',
    email: 'nova@example.test',
    email_status: 'ok',
    role: 'user',
    bio: '',
    location: '',
    website: null,
    social_links: {},
    avatar_url: null,
    is_verified: false,
    is_private: false,
    deletes_at: null,
    created_at: expect.any(String),
    updated_at: expect.any(String),
  })
})

test('keeps neither the password nor the token as they are', async () => {
  const person = somebody()
  await register(person)
  const token = await postbox.tokenFor(person.email)

  const dump = JSON.stringify([
    await db.sql`select users.*, encode(token_hash, 'escape') from users join email_tokens on user_id = id`,
    await db.sql`select * from outbox`,
  ])

  expect(dump).toContain(person.email)
  expect(dump).not.toContain(password)
  expect(dump).not.toContain(token)
})

test('takes the username as the display name when none is given', async () => {
  const person = somebody()
  await register(person)

  expect(await findUser(person.username)).toMatchObject({ display_name: person.username })
})

test('answers the same for an address that has an account, and tells only its owner', async () => {
  const { email, id } = await api.join()
  const [fresh, taken] = [somebody(), somebody({ email })]

  const answers = [await register(fresh), await register(taken)].map(({ status, text, headers }) => {
    const { 'x-request-id': _, ...rest } = headers
    return { status, text, headers: rest }
  })

  expect(answers[1]).toEqual(answers[0])
  expect((await postbox.mailsTo(email)).at(-1)).toMatchObject({ subject: 'You already have a Veza account' })
  expect(await db.sql`select id from users where email = ${email}`).toEqual([{ id }])
})

test('a username asked for with a taken address reads as taken, as it would with a free one', async () => {
  const { email } = await api.join()
  const [fresh, taken] = [somebody(), somebody({ email })]
  await register(fresh)
  await register(taken)

  const again = [
    await register(somebody({ username: fresh.username })),
    await register(somebody({ username: taken.username })),
  ]

  expect(again.map(({ status, problem }) => [status, problem.code])).toEqual([
    [409, 'username_taken'],
    [409, 'username_taken'],
  ])
})

test('a held username is free again after 30 days', async () => {
  const later = createClock()
  const { email } = await api.join()
  const taken = somebody({ email })
  const person = somebody({ username: taken.username })
  await register(taken)

  later.advance(30 * 86_400 + 1)
  const answer = await createAccountsApi(db.sql, later).request(authRoutes.register, { body: person })

  expect(answer.status).toBe(202)
  expect(await findUser(taken.username)).toMatchObject({ email: person.email })
})

test('sends no link to an unverified address that is registered again', async () => {
  const person = somebody()
  await register(person)
  await postbox.mailsTo(person.email)

  await register(somebody({ email: person.email }))

  const mails = await postbox.mailsTo(person.email)
  expect(mails.map(({ subject }) => subject)).toEqual([
    'Verify your e-mail address',
    'Your Veza account is waiting to be verified',
  ])
  expect(mails[1]!.text).not.toContain('token=')
})

test('does the same work for a taken address', async () => {
  const { email } = await api.join()
  const statements: string[] = []
  const watched = createAccountsApi(watch((await openConnections(1))[0]!, statements))

  await watched.request(authRoutes.register, { body: somebody() })
  const free = statements.splice(0)
  await watched.request(authRoutes.register, { body: somebody({ email }) })

  expect(free).toEqual(['select', 'insert', 'insert', 'insert'])
  expect(statements).toEqual(free)
})

/** Notes the kind of every statement that runs in a transaction. */
function watch(sql: Sql, statements: string[]): Sql {
  const apply = (target: object, self: unknown, args: [readonly string[], ...unknown[]]) => {
    if (Array.isArray(args[0])) statements.push(args[0][0].trim().split(/\s/)[0]!)
    return Reflect.apply(target as () => unknown, self, args)
  }
  const begin = sql.begin as (work: (tx: object) => Promise<unknown>) => Promise<unknown>
  const watchedBegin = (work: (tx: object) => Promise<unknown>) =>
    begin((tx) => work(new Proxy(tx, { apply })))
  return Object.assign(sql, { begin: watchedBegin })
}

test('is written down, for the owner of a taken address as a failure', async () => {
  const { email, id } = await api.join()
  const person = somebody()
  await register(person)
  await register(somebody({ email }))
  await verify(await postbox.tokenFor(person.email))
  await verify('x'.repeat(43))

  const trailOf = (user_id: string | null) => db.sql`
    select action, outcome, details, user_agent, request_id is not null as has_request
    from audit_events
    where action like 'account.%' and user_id is not distinct from ${user_id}
    order by id desc limit 2
  `
  const told = { details: {}, user_agent: 'veza-tests', has_request: true }
  expect(await trailOf((await findUser(person.username))!.id)).toEqual([
    { action: 'account.email_verified', outcome: 'success', ...told },
    { action: 'account.registered', outcome: 'success', ...told },
  ])
  expect((await trailOf(id))[0]).toEqual({ action: 'account.registered', outcome: 'failure', ...told })
  expect((await trailOf(null))[0]).toEqual({ action: 'account.email_verified', outcome: 'failure', ...told })
})

test.each([
  { name: 'one that is taken', username: 'Taken_Name' },
  { name: 'a reserved one', username: 'admin' },
  { name: 'a reserved one in disguise', username: '_Supp0rt_' },
])('refuses a username: $name', async ({ username }) => {
  await register(somebody({ username: 'taken_name' }))

  expect(await register(somebody({ username }))).toMatchObject({
    status: 409,
    problem: { code: 'username_taken' },
  })
})

test.each([
  { name: 'no body', body: {}, pointers: ['#/body/email', '#/body/username', '#/body/password'] },
  { name: 'a short password', body: somebody({ password: '1234567' }), pointers: ['#/body/password'] },
  {
    name: 'a password over 72 bytes',
    body: somebody({ password: 'é'.repeat(37) }),
    pointers: ['#/body/password'],
  },
  {
    name: 'the username as password',
    body: somebody({ username: 'same_as_this', password: 'Same_As_This' }),
    pointers: ['#/body/password'],
  },
  {
    name: 'the address as password',
    body: somebody({ email: 'long.name@example.test', password: 'long.name' }),
    pointers: ['#/body/password'],
  },
  { name: 'an unknown field', body: somebody({ role: 'admin' }), pointers: ['#/body/role'] },
  {
    name: 'wrong types',
    body: somebody({ email: 7, username: null }),
    pointers: ['#/body/email', '#/body/username'],
  },
  {
    name: 'SQL as username',
    body: somebody({ username: "x'; drop table users; --" }),
    pointers: ['#/body/username'],
  },
  { name: 'emoji as username', body: somebody({ username: '🎧🎧🎧' }), pointers: ['#/body/username'] },
  {
    name: 'a huge username',
    body: somebody({ username: 'x'.repeat(900_000) }),
    pointers: ['#/body/username'],
  },
  {
    name: 'a huge password',
    body: somebody({ password: 'x'.repeat(900_000) }),
    pointers: ['#/body/password'],
  },
  {
    name: 'a huge display name',
    body: somebody({ display_name: 'x'.repeat(900_000) }),
    pointers: ['#/body/display_name'],
  },
  {
    name: 'a blank display name',
    body: somebody({ display_name: '   ' }),
    pointers: ['#/body/display_name'],
  },
  {
    name: 'a mail header as address',
    body: somebody({ email: 'a@b.example\nBcc: c@d.example' }),
    pointers: ['#/body/email'],
  },
])('refuses $name', async ({ body, pointers }) => {
  const { status, problem } = await register(body)

  expect(status).toBe(422)
  expect(problem.code).toBe('validation_failed')
  expect([...new Set(problem.errors?.map(({ pointer }) => pointer))]).toEqual(pointers)
})

test.each(['email', 'username', 'password', 'display_name'])('answers 400 to a NUL in %s', async (field) => {
  const { status, problem } = await register(somebody({ [field]: 'nul\0byte@example.test' }))

  expect([status, problem.code]).toEqual([400, 'invalid_request'])
})

test('stores what looks like SQL as text', async () => {
  const display_name = "Robert'); drop table users; --"
  const person = somebody({ display_name })
  await register(person)

  expect(await findUser(person.username)).toMatchObject({ display_name })
})

test('of many registrations of one username at once, one wins', async () => {
  const apis = (await openConnections(8)).map((sql) => createAccountsApi(sql))
  const statuses = await Promise.all(
    apis.map(async ({ request: send }) => {
      const answer = await send(authRoutes.register, { body: somebody({ username: 'contested' }) })
      return answer.status
    }),
  )

  expect(statuses.toSorted()).toEqual([202, ...Array(7).fill(409)])
})

test('of many registrations of one address at once, one makes the account and nobody can tell', async () => {
  const email = 'contested@example.test'
  const apis = (await openConnections(8)).map((sql) => createAccountsApi(sql))
  const statuses = await Promise.all(
    apis.map(async ({ request: send }) => {
      const answer = await send(authRoutes.register, { body: somebody({ email }) })
      return answer.status
    }),
  )

  expect(statuses).toEqual(Array(8).fill(202))
  expect(await db.sql`select count(*)::int from users where email = ${email}`).toEqual([{ count: 1 }])
})

test('writes the account and the event together, and leaves the event when the queue is down', async () => {
  const person = somebody()
  const [before] = await db.sql`select count(*)::int from outbox`
  const mute = createAccountsApi(db.sql)
  mute.postbox.queued.push = () => {
    throw new Error('The queue is down')
  }

  const answer = await mute.request(authRoutes.register, { body: person })

  expect(answer.status).toBe(202)
  const events = await db.sql`select type, payload, request_id from outbox order by id`
  expect(events.length).toBe(before!.count + 1)
  expect(events.at(-1)).toEqual({
    type: 'mail.verify_email',
    payload: { user_id: (await findUser(person.username))!.id },
    request_id: answer.headers['x-request-id'],
  })
})

describe('a verification token', () => {
  const registered = async () => {
    const person = somebody()
    await register(person)
    return { ...person, token: await postbox.tokenFor(person.email) }
  }

  test('works once', async () => {
    const { token } = await registered()
    const answers = [await verify(token), await verify(token)]

    expect(answers.map(({ status }) => status)).toEqual([200, 400])
    expect(answers[1]!.problem.code).toBe('invalid_token')
  })

  test('works once, also when it is used many times at once', async () => {
    const { token } = await registered()
    const apis = (await openConnections(20)).map((sql) => createAccountsApi(sql, clock))
    const answers = await Promise.all(
      apis.map(({ request: send }) => send(authRoutes.verifyEmail, { body: { token } })),
    )

    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(19).fill(400)])
  })

  test('ends after 24 hours', async () => {
    const { token } = await registered()
    const later = createClock(clock.now())
    later.advance(86_400)

    const answer = await createAccountsApi(db.sql, later).request(authRoutes.verifyEmail, { body: { token } })

    expect([answer.status, answer.problem.code]).toEqual([400, 'invalid_token'])
  })

  test('of a user who is verified by another link is refused', async () => {
    const { email, token: first } = await registered()
    await resend(email)
    const second = await postbox.tokenFor(email)

    expect((await verify(second)).status).toBe(200)
    expect((await verify(first)).problem.code).toBe('invalid_token')
  })

  test.each(['unknown', 'x'.repeat(43), '🎧', "' or 1=1 --"])(
    'that nobody was mailed is refused: %s',
    async (token) => {
      expect(await verify(token)).toMatchObject({ status: 400, problem: { code: 'invalid_token' } })
    },
  )

  test.each([{}, { token: '' }, { token: 7 }, { token: 'x'.repeat(2049) }, { token: 'x', more: 1 }])(
    'that is none is refused: %j',
    async (body) => {
      const answer = await request(authRoutes.verifyEmail, { body })

      expect([answer.status, answer.problem.code]).toEqual([422, 'validation_failed'])
    },
  )
})

describe('asking for another link', () => {
  test('keeps the latest three working', async () => {
    const person = somebody()
    await register(person)
    const tokens = [await postbox.tokenFor(person.email)]
    for (let round = 0; round < 3; round++) {
      clock.advance(1)
      await resend(person.email.toUpperCase())
      tokens.push(await postbox.tokenFor(person.email))
    }

    expect(new Set(tokens).size).toBe(4)
    expect((await verify(tokens[0])).status).toBe(400)
    expect((await verify(tokens[1])).status).toBe(200)
  })

  test('answers everybody the same, and mails only who waits for it', async () => {
    const verified = await api.join()
    const unverified = somebody()
    await register(unverified)
    await postbox.mailsTo('')

    const addresses = [verified.email, unverified.email, 'nobody@example.test']
    const answers = await Promise.all(addresses.map((address) => resend(address)))
    const queued = postbox.queued.length
    const mails = []
    for (const address of addresses) mails.push(await postbox.mailsTo(address))

    expect(answers.map(({ status, text }) => [status, text])).toEqual(
      Array(3).fill([202, '{"status":"verification_required"}']),
    )
    expect(queued).toBe(3)
    expect(mails.map((list) => list.length)).toEqual([1, 2, 0])
  })
})
