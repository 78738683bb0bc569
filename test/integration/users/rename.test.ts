import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const days = 24 * 60 * 60

const newName = () => `n_${randomUUID().slice(0, 8)}`

async function setUp() {
  const clock = createClock()
  const api = createAccountsApi(sql, clock)
  const enter = async () => {
    const { access_token, ...user } = await api.signIn()
    let token = access_token
    return {
      ...user,
      rename: (username: string, headers = {}) =>
        api.request(userRoutes.updateOwnUser, { token, body: { username }, headers }),
      signInAgain: async (name: string) => {
        token = (await api.login(name)).body.access_token
      },
      token: () => token,
    }
  }
  const read = (username: string) => api.request(userRoutes.getUser, { params: { username } })
  return { api, clock, enter, read, user: await enter() }
}

test('gives the user the new name, with which they sign in', async () => {
  const { api, user, read } = await setUp()
  const name = newName()

  const answer = await user.rename(name.toUpperCase())

  expect(answer).toMatchObject({ status: 200, body: { username: name, id: user.id } })
  expect((await read(name)).status).toBe(200)
  expect((await api.login(name)).status).toBe(200)
  expect((await api.login(user.username)).status).toBe(401)
  const trail = await sql`
    select actor_id, user_id, session_id, outcome, details from audit_events
    where action = 'account.username_changed' and user_id = ${user.id}
  `
  expect(trail).toEqual([
    {
      actor_id: user.id,
      user_id: user.id,
      session_id: user.session_id,
      outcome: 'success',
      details: { from: user.username, to: name },
    },
  ])
})

test('leads from the old name to the new one for 14 days', async () => {
  const { api, clock, user, read } = await setUp()
  const name = newName()
  await user.rename(name)

  const moved = await read(user.username.toUpperCase())
  const tracks = await api.request(userRoutes.listUserTracks, {
    params: { username: user.username },
    query: { limit: 5 },
  })

  expect([moved.status, moved.headers.location, moved.text]).toEqual([308, `/api/v1/users/${name}`, ''])
  expect([tracks.status, tracks.headers.location]).toEqual([308, `/api/v1/users/${name}/tracks?limit=5`])
  clock.advance(14 * days + 1)
  expect((await read(user.username)).status).toBe(404)
})

test('leads nowhere once the name was asked for anew, with an address that has an account', async () => {
  const { api, clock, user, enter, read } = await setUp()
  const other = await enter()
  await user.rename(newName())
  clock.advance(14 * days + 1)

  const body = { username: user.username, email: other.email, password }
  expect((await api.request(authRoutes.register, { body })).status).toBe(202)

  expect((await read(user.username)).status).toBe(404)
})

test('leads nowhere while the user is hidden', async () => {
  const { user, read } = await setUp()
  await user.rename(newName())
  await sql`update users set deletes_at = now() where id = ${user.id}`

  expect((await read(user.username)).status).toBe(404)
})

test('nobody gets the old name for 14 days, by renaming or by registering', async () => {
  const { api, clock, user, enter } = await setUp()
  const other = await enter()
  await user.rename(newName())
  const register = () => {
    const body = { username: user.username, email: `${randomUUID()}@example.test`, password }
    return api.request(authRoutes.register, { body })
  }

  expect(await other.rename(user.username)).toMatchObject({
    status: 409,
    problem: { code: 'username_taken' },
  })
  expect(await register()).toMatchObject({ status: 409, problem: { code: 'username_taken' } })
  clock.advance(14 * days + 1)
  await other.signInAgain(other.username)
  expect((await other.rename(user.username)).status).toBe(200)
  expect(await register()).toMatchObject({ status: 409 })
})

test('is possible once in 14 days', async () => {
  const { clock, user } = await setUp()
  const first = newName()
  const until = new Date(clock.now().getTime() + 14 * days * 1000).toISOString()
  await user.rename(first)

  const refused = await user.rename(newName())

  expect(refused).toMatchObject({
    status: 409,
    problem: { code: 'username_recently_changed', detail: expect.stringContaining(until) },
  })
  clock.advance(14 * days)
  await user.signInAgain(first)
  expect((await user.rename(newName())).status).toBe(200)
})

test('may be taken back, which starts no new term and keeps the name in between', async () => {
  const { clock, user, enter, read } = await setUp()
  const [between, next] = [newName(), newName()]
  await user.rename(between)
  clock.advance(60)

  expect(await user.rename(user.username)).toMatchObject({ status: 200, body: { username: user.username } })
  expect((await read(between)).headers.location).toBe(`/api/v1/users/${user.username}`)
  expect((await (await enter()).rename(between)).problem.code).toBe('username_taken')
  expect((await user.rename(next)).problem.code).toBe('username_recently_changed')
  clock.advance(14 * days - 60)
  await user.signInAgain(user.username)
  expect((await user.rename(next)).status).toBe(200)
})

test('to the same name is no rename', async () => {
  const { user } = await setUp()

  expect((await user.rename(user.username.toUpperCase())).status).toBe(200)
  expect((await user.rename(newName())).status).toBe(200)
})

test('honours If-Match before anything is said of the name', async () => {
  const { user } = await setUp()

  expect((await user.rename('admin', { 'if-match': '"0"' })).status).toBe(412)
})

test.each(['admin', 'Supp0rt', '__veza__'])('refuses the reserved name %s', async (name) => {
  const { user } = await setUp()

  expect(await user.rename(name)).toMatchObject({ status: 409, problem: { code: 'username_taken' } })
})

test.each(['ab', 'x'.repeat(31), 'nova dj', 'nová', 'nоva', 'a@b.example', '', '../me'])(
  'refuses the name %j',
  async (name) => {
    const { user } = await setUp()

    expect(await user.rename(name)).toMatchObject({ status: 422, problem: { code: 'validation_failed' } })
  },
)

test('refuses the name of somebody else, however it is written', async () => {
  const { user, enter } = await setUp()
  const other = await enter()

  const answer = await user.rename(other.username.toUpperCase())

  expect(answer).toMatchObject({ status: 409, problem: { code: 'username_taken' } })
  expect((await user.rename(newName())).status).toBe(200)
})

test('of many who want one name at once, one gets it', async () => {
  const { clock, enter } = await setUp()
  const people = [await enter(), await enter(), await enter(), await enter()]
  const apis = (await openConnections(4)).map((connection) => createAccountsApi(connection, clock))
  const body = { username: newName() }

  const answers = await Promise.all(
    apis.map(({ request }, at) => request(userRoutes.updateOwnUser, { token: people[at]!.token(), body })),
  )

  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409])
  expect(answers.filter(({ status }) => status === 409).map(({ problem }) => problem.code)).toEqual(
    Array(3).fill('username_taken'),
  )
  await expect(sql`select from users where username = ${body.username}`).resolves.toHaveLength(1)
})

test('a rename and a registration of one name at once do not both succeed', async () => {
  const { clock, user } = await setUp()
  const [one, other] = (await openConnections(2)).map((connection) => createAccountsApi(connection, clock))
  const username = newName()
  const registration = { username, email: `${username}@example.test`, password }

  const answers = await Promise.all([
    one!.request(userRoutes.updateOwnUser, { token: user.token(), body: { username } }),
    other!.request(authRoutes.register, { body: registration }),
  ])

  expect(answers.filter(({ status }) => status < 300)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(1)
})
