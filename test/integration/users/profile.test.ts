import { userRoutes } from '../../../functions/users/routes.ts'
import { createAccountsApi, createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const openConnections = useConnections(db)
const clock = createClock()
const api = createAccountsApi(db.sql, clock)

async function setUp() {
  const { access_token: token, ...user } = await api.signIn()
  return {
    user,
    token,
    read: (headers = {}) => api.request(userRoutes.getOwnUser, { token, headers }),
    change: (body: unknown, headers = {}) => api.request(userRoutes.updateOwnUser, { token, body, headers }),
  }
}

const outcome = ({ status, problem }: { status: number; problem: { code?: string } }) => [
  status,
  problem.code,
]

test('changes what is given and nothing else', async () => {
  const { user, read, change } = await setUp()
  clock.advance(60)
  const changes = {
    display_name: '  Nova 🎧  ',
    bio: 'First line\nsecond line',
    location: 'Łódź',
    website: 'https://Nova.example/music',
    social_links: { bandcamp: 'https://nova.bandcamp.com/', mastodon: 'https://audio.example/@nova' },
  }

  const changed = await change(changes)
  const kept = await change({ bio: '' })

  const expected = { ...changes, display_name: 'Nova 🎧', website: 'https://nova.example/music' }
  expect(changed).toMatchObject({ status: 200, body: expected })
  expect(changed.body.updated_at).toBe(clock.now().toISOString())
  expect(kept.body).toMatchObject({ ...expected, bio: '', email: user.email, username: user.username })
  expect((await read()).body).toEqual(kept.body)
})

test('takes the website away', async () => {
  const { change } = await setUp()
  await change({ website: 'https://nova.example/' })

  expect((await change({ website: null })).body.website).toBeNull()
})

test('an empty change changes nothing', async () => {
  const { read, change } = await setUp()
  const before = await read()

  const answer = await change({})

  expect(answer.status).toBe(200)
  expect([answer.headers.etag, answer.body]).toEqual([before.headers.etag, before.body])
})

test('says when nothing has changed since', async () => {
  const { read, change } = await setUp()
  const { etag } = (await read()).headers

  expect(etag).toMatch(/^"\d+"$/)
  expect(await read({ 'if-none-match': etag })).toMatchObject({ status: 304, text: '' })
  await change({ bio: 'new' })
  expect((await read({ 'if-none-match': etag })).status).toBe(200)
})

test('honours If-Match', async () => {
  const { read, change } = await setUp()
  const { etag } = (await read()).headers

  const first = await change({ bio: 'one' }, { 'if-match': etag })
  const stale = await change({ bio: 'two' }, { 'if-match': etag })
  const fresh = await change({ bio: 'three' }, { 'if-match': first.headers.etag })

  expect([first.status, stale.status, fresh.status]).toEqual([200, 412, 200])
  expect(stale.problem.code).toBe('precondition_failed')
  expect((await change({ bio: 'four' }, { 'if-match': '*' })).body.bio).toBe('four')
})

test('of many changes of one version at once, one is made', async () => {
  const { token, read } = await setUp()
  const { etag = '' } = (await read()).headers
  const apis = (await openConnections(6)).map((sql) => createAccountsApi(sql, clock))

  const answers = await Promise.all(
    apis.map(({ request }, index) =>
      request(userRoutes.updateOwnUser, {
        token,
        body: { bio: `change ${index}` },
        headers: { 'if-match': etag },
      }),
    ),
  )

  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(5).fill(412)])
})

test.each([
  { role: 'admin' },
  { is_verified: true },
  { email: 'other@example.test' },
  { id: '00000000-0000-0000-0000-000000000000' },
  { token_version: 9 },
  { password_hash: 'x' },
  { suspended_at: null },
  { avatar_url: 'https://x.example/' },
  { bio: 'fine', created_at: '2020-01-01T00:00:00Z' },
])('refuses a field that is not the user’s to write: %j', async (body) => {
  const { user, change } = await setUp()
  const before = await db.sql`select * from users where id = ${user.id}`

  const answer = await change(body)

  expect(outcome(answer)).toEqual([422, 'validation_failed'])
  expect(answer.problem.errors?.map(({ code }) => code)).toEqual(['unknown_field'])
  expect(await db.sql`select * from users where id = ${user.id}`).toEqual(before)
})

test.each<{ name: string; body: unknown }>([
  { name: 'an empty display name', body: { display_name: ' ' } },
  { name: 'a display name of 61 characters', body: { display_name: 'x'.repeat(61) } },
  { name: 'a display name of two lines', body: { display_name: 'a\nb' } },
  { name: 'a display name that turns the text around', body: { display_name: 'a\u202eb' } },
  { name: 'no display name', body: { display_name: null } },
  { name: 'a huge bio', body: { bio: 'x'.repeat(900_000) } },
  { name: 'a bell in the bio', body: { bio: 'ding \u0007' } },
  { name: 'a number as location', body: { location: 5 } },
  { name: 'a script as website', body: { website: 'javascript:alert(1)' } },
  { name: 'a file as website', body: { website: 'file:///etc/passwd' } },
  { name: 'half an address as website', body: { website: 'nova.example' } },
  { name: 'a script as link', body: { social_links: { x: 'javascript:alert(1)' } } },
  { name: 'a list of links', body: { social_links: ['https://nova.example/'] } },
  { name: 'a link without a name', body: { social_links: { '': 'https://nova.example/' } } },
  { name: 'a link under a strange name', body: { social_links: { 'A b': 'https://nova.example/' } } },
  {
    name: 'eleven links',
    body: { social_links: Object.fromEntries([...'abcdefghijk'].map((key) => [key, 'https://x.example/'])) },
  },
  { name: 'a list', body: [] },
  { name: 'a text', body: 'bio' },
])('refuses $name', async ({ body }) => {
  const { change } = await setUp()

  expect(outcome(await change(body))).toEqual([422, 'validation_failed'])
})

test.each([
  { bio: 'a\0b' },
  { social_links: { x: 'https://x.example/\0' } },
  { display_name: 'half \ud83c' },
])('answers 400 to text that cannot be stored (%#)', async (body) => {
  const { change } = await setUp()

  expect(outcome(await change(body))).toEqual([400, 'invalid_request'])
})

test('shows nothing but the profile', async () => {
  const { read } = await setUp()

  expect(Object.keys((await read()).body).toSorted()).toEqual([
    'avatar_url',
    'bio',
    'created_at',
    'deletes_at',
    'display_name',
    'email',
    'email_status',
    'id',
    'is_private',
    'is_verified',
    'location',
    'role',
    'social_links',
    'updated_at',
    'username',
    'website',
  ])
})

test.each(['getOwnUser', 'updateOwnUser'] as const)('%s asks for a user', async (name) => {
  expect(outcome(await api.request(userRoutes[name], { body: {} }))).toEqual([401, 'unauthenticated'])
})
