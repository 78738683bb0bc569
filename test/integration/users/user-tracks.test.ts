import { userRoutes } from '../../../functions/users/routes.ts'
import { createTrack } from '../../../lib/tracks/schemas.ts'
import { createTrackService } from '../../../lib/tracks/service.ts'
import { createAccountsApi } from '../../support/accounts.ts'
import { justSignedIn } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'

const { sql } = useDatabase()
const api = createAccountsApi(sql)
const tracks = createTrackService({ sql })

async function setUp() {
  const { access_token: token, session_id, user } = await api.signIn()
  const actor = { id: user.id, session_id, role: user.role, token_version: 1, ...justSignedIn() }
  const titles = ['Low Tide', 'High Tide', 'Slack Water']
  for (const title of titles) {
    const body = createTrack.parse({ title, visibility: 'public', rights_confirmed: true })
    await tracks.create(actor, body, '192.0.2.7')
  }
  const list = (options: Parameters<typeof api.request>[1] = {}) =>
    api.request(userRoutes.listUserTracks, { params: { username: user.username }, ...options })
  return { token, user, list }
}

test('lists your own tracks in any state, newest first', async () => {
  const { token, user, list } = await setUp()

  const { status, body } = await list({ token })

  expect(status).toBe(200)
  expect(body.data.map(({ title }) => title)).toEqual(['Slack Water', 'High Tide', 'Low Tide'])
  expect(body.data[0]).toMatchObject({ status: 'draft', owner: { username: user.username } })
  expect(body).toMatchObject({ has_more: false, next_cursor: null })
})

test('shows others only what plays', async () => {
  const { list } = await setUp()
  const { access_token: token } = await api.signIn()

  const nothing = { data: [], has_more: false, next_cursor: null }
  expect((await list({ token })).body).toEqual(nothing)
  expect((await list()).body).toEqual(nothing)
})

test('goes on at the cursor', async () => {
  const { token, list } = await setUp()

  const first = await list({ token, query: { limit: 2 } })
  const rest = await list({ token, query: { limit: 2, cursor: first.body.next_cursor! } })

  expect(first.body).toMatchObject({
    has_more: true,
    data: [{ title: 'Slack Water' }, { title: 'High Tide' }],
  })
  expect(rest.body).toMatchObject({ has_more: false, data: [{ title: 'Low Tide' }] })
})

test('takes the name in any case', async () => {
  const { token, user, list } = await setUp()

  const { body } = await list({ token, params: { username: user.username.toUpperCase() } })

  expect(body.data).toHaveLength(3)
})

test.each([
  { name: 'nobody has', username: 'nobody_has_it' },
  { name: 'no user can have', username: 'a b/c' },
  { name: 'is far too long', username: 'x'.repeat(5000) },
])('a name that $name is not found', async ({ username }) => {
  const { list } = await setUp()

  expect(await list({ params: { username } })).toMatchObject({ status: 404, problem: { code: 'not_found' } })
})

test('a user who is not verified yet is not found', async () => {
  const { list } = await setUp()
  await sql`
    insert into users (username, display_name, email, password_hash)
    values ('not_yet', 'Not yet', 'not.yet@example.test', '-')
  `

  expect((await list({ params: { username: 'not_yet' } })).status).toBe(404)
})

test('a bad token is refused, though none is needed', async () => {
  const { list } = await setUp()

  expect(await list({ token: 'not.a.token' })).toMatchObject({
    status: 401,
    problem: { code: 'unauthenticated' },
  })
})
