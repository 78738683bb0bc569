import { userRoutes } from '../../../functions/users/routes.ts'
import { createAccountsApi } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const { sql } = useDatabase()
const api = createAccountsApi(sql)

const read = (username: string, token?: string) =>
  api.request(userRoutes.getUser, { params: { username }, token })
const tracksOf = (username: string, token?: string) =>
  api.request(userRoutes.listUserTracks, { params: { username }, token })

const texts = {
  bio: 'Sings',
  location: 'Łódź',
  website: 'https://nova.example/',
  social_links: { bandcamp: 'https://nova.bandcamp.com/' },
}

async function setUp() {
  const { access_token, ...user } = await api.signIn()
  await api.request(userRoutes.updateOwnUser, { token: access_token, body: texts })
  return { ...user, token: access_token }
}

test('shows everybody the profile, and nobody the address', async () => {
  const user = await setUp()
  const other = await api.signIn()

  for (const token of [undefined, other.access_token, user.token]) {
    const answer = await read(user.username.toUpperCase(), token)
    expect(answer).toMatchObject({ status: 200, body: { id: user.id, username: user.username, ...texts } })
    expect(answer.text).not.toContain('@')
    expect(Object.keys(answer.body)).not.toContain('deletes_at')
  }
  const { etag = '' } = (await read(user.username)).headers
  const again = await api.request(userRoutes.getUser, {
    params: { username: user.username },
    headers: { 'if-none-match': etag },
  })
  expect(again.status).toBe(304)
})

test('shows others of a private profile the name alone', async () => {
  const user = await setUp()
  const body = { profile_visibility: 'private' }
  await api.request(userRoutes.updateOwnSettings, { token: user.token, body })

  const seen = await read(user.username)

  const nothing = { bio: '', location: '', website: null, social_links: {} }
  expect(seen).toMatchObject({ status: 200, body: { username: user.username, is_private: true, ...nothing } })
  expect((await read(user.username, user.token)).body).toMatchObject({ ...texts, is_private: true })
})

test.each([
  { name: 'who has not verified their address', state: { email_verified_at: null } },
  { name: 'about to be deleted', state: { deletes_at: new Date() } },
  { name: 'deleted', state: { deleted_at: new Date() } },
])('hides a user $name', async ({ state }) => {
  const user = await setUp()
  await sql`update users set ${sql(state)} where id = ${user.id}`

  for (const answer of [await read(user.username), await tracksOf(user.username)]) {
    expect(answer).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  }
})

test('whoever is about to be deleted still sees themselves', async () => {
  const user = await setUp()
  await sql`update users set deletes_at = now() where id = ${user.id}`

  expect((await read(user.username, user.token)).status).toBe(200)
})

test.each(['nobody_here', 'a b', '%', '__proto__'])('knows nobody called %j', async (username) => {
  expect(await read(username)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
})
