import { userRoutes } from '../../../functions/users/routes.ts'
import { createAccountsApi } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const { sql } = useDatabase()
const api = createAccountsApi(sql)

async function setUp() {
  const { access_token: token, user } = await api.signIn()
  for (const [title, visibility] of [
    ['Open', 'public'],
    ['Half open', 'unlisted'],
    ['Shut', 'private'],
    ['Open too', 'public'],
  ]) {
    await sql`insert into playlists ${sql({ owner_id: user.id, title, visibility })}`
  }
  const list = (options: Parameters<typeof api.request>[1] = {}) =>
    api.request(userRoutes.listUserPlaylists, { params: { username: user.username }, ...options })
  return { token, user, list }
}

const titlesOf = ({ body }: { body: { data: readonly { title: string }[] } }) =>
  body.data.map(({ title }) => title)

test('lists the public ones, newest first, and all of them to their owner', async () => {
  const { token, list } = await setUp()

  expect(titlesOf(await list())).toEqual(['Open too', 'Open'])
  expect(titlesOf(await list({ token: (await api.signIn()).access_token }))).toEqual(['Open too', 'Open'])
  expect(titlesOf(await list({ token }))).toEqual(['Open too', 'Shut', 'Half open', 'Open'])
})

test('goes on at the cursor, which fits no list of another user', async () => {
  const { list } = await setUp()
  const other = await setUp()

  const first = await list({ query: { limit: 1 } })
  const rest = await list({ query: { limit: 1, cursor: first.body.next_cursor! } })

  expect([titlesOf(first), titlesOf(rest)]).toEqual([['Open too'], ['Open']])
  expect(rest.body).toMatchObject({ has_more: false, next_cursor: null })
  expect(await other.list({ query: { cursor: first.body.next_cursor! } })).toMatchObject({
    status: 400,
    problem: { code: 'invalid_request' },
  })
})

test('shows nothing of a user whom a block parts from the caller', async () => {
  const { user, list } = await setUp()
  const { access_token: token, user: caller } = await api.signIn()
  await sql`insert into blocks ${sql({ blocker_id: caller.id, blocked_id: user.id })}`
  expect(titlesOf(await list({ token }))).toEqual([])

  await sql`insert into blocks ${sql({ blocker_id: user.id, blocked_id: caller.id })}`
  expect(await list({ token })).toMatchObject({ status: 404, problem: { code: 'not_found' } })
})

test('of nobody is not found', async () => {
  const { list } = await setUp()

  expect(await list({ params: { username: 'nobody_has_it' } })).toMatchObject({ status: 404 })
})
