import { expectStatus, type Person, until } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { control, newClient, randomName } from '../support/platform.ts'
import { settingsOf } from '../support/server.ts'
import { unzip } from '../support/unzip.ts'

const client = await newClient()
const sql = connect(settingsOf(client.platform.database_url))
afterAll(() => sql.end())

const me = '/api/v1/users/me'
const call = (person: Person, method: string, path: string, body?: unknown) =>
  client.request(method, path, { token: person.token, body })

test('an old name leads to its user, and nobody else gets it', async () => {
  const [artist, other] = [await client.join(), await client.join('other')]
  const username = randomName('renamed')

  expect(expectStatus(200, await call(artist, 'PATCH', me, { username }))).toMatchObject({ username })

  const old = `${client.platform.api_url}/api/v1/users/${artist.username}`
  const moved = await fetch(old, { redirect: 'manual' })
  expect([moved.status, moved.headers.get('location')]).toEqual([308, `/api/v1/users/${username}`])
  expect(await (await fetch(old)).json()).toMatchObject({ id: artist.user.id, username })
  expect((await fetch(`${old}/tracks`)).status).toBe(200)
  expect(await call(other, 'PATCH', me, { username: artist.username })).toMatchObject({
    status: 409,
    body: { code: 'username_taken' },
  })
  expect(await call(artist, 'PATCH', me, { username: randomName('again') })).toMatchObject({
    status: 409,
    body: { code: 'username_recently_changed' },
  })
})

test('settings are kept, and a private profile is', async () => {
  const artist = await client.join()
  await call(artist, 'PATCH', me, { bio: 'Sings by the sea' })
  const settings = { profile_visibility: 'private', timezone: 'Europe/Warsaw', language: 'pl' }

  expectStatus(200, await call(artist, 'PATCH', `${me}/settings`, settings))

  expect((await call(artist, 'GET', `${me}/settings`)).body).toMatchObject(settings)
  const seen = await client.request('GET', `/api/v1/users/${artist.username}`)
  expect(seen).toMatchObject({ status: 200, body: { bio: '', is_private: true } })
  expect((await call(artist, 'GET', `${me}/completion`)).body).toMatchObject({ percent: 30 })
})

test('all that is theirs can be asked for, fetched and read, and holds no secret', async () => {
  const artist = await client.join()
  const track = await client.createTrack(artist.token, { title: 'Low Tide' })
  const follow = async (id: string) => expectStatus(200, await call(artist, 'GET', `${me}/exports/${id}`))

  const { id } = expectStatus(202, await call(artist, 'POST', `${me}/export`))
  const ready = await until('the export to be made', async () => {
    const made = await follow(id)
    return made.status === 'ready' ? made : undefined
  })
  const download = await fetch(ready.url)
  const bytes = Buffer.from(await download.arrayBuffer())

  expect([download.status, bytes.length]).toEqual([200, ready.size_bytes])
  expect(download.headers.get('content-disposition')).toMatch(
    /^attachment; filename="veza-export-\d{4}-\d\d-\d\d\.zip"$/,
  )
  const files = unzip(bytes)
  expect(JSON.parse(files['profile.json']!)).toMatchObject([{ id: artist.user.id, email: artist.email }])
  expect(JSON.parse(files['tracks.json']!)).toMatchObject([{ id: track.id, title: 'Low Tide' }])
  const [{ password_hash }] = await sql<[{ password_hash: string }]>`
    select password_hash from users where id = ${artist.user.id}
  `
  const everything = Object.values(files).join('\n')
  for (const secret of [password_hash, artist.password, artist.refresh_token, artist.token]) {
    expect(everything).not.toContain(secret)
  }

  await control('schedules/outbox-relay/run', {})
  const mail = await client.mailTo(artist.email, /data are ready/)
  expect(mail.body.text).toContain(id)
  expect(mail.body.text).not.toMatch(/X-Amz-|token=/)
  const tampered = await fetch(ready.url.replace(id, randomName('x')))
  expect(tampered.status).toBe(403)
  const other = await client.join('other')
  expect(await call(other, 'GET', `${me}/exports/${id}`)).toMatchObject({ status: 404 })
})

test('a deletion is asked for with the password, hides the profile and can be taken back', async () => {
  const artist = await client.join()
  const profile = () => client.request('GET', `/api/v1/users/${artist.username}`)

  expect(await call(artist, 'DELETE', me, { password: 'not the password' })).toMatchObject({
    status: 401,
    body: { code: 'invalid_credentials' },
  })
  const { deletes_at } = expectStatus(202, await call(artist, 'DELETE', me, { password: artist.password }))
  expect(Date.parse(deletes_at) - Date.now()).toBeGreaterThan(29 * 24 * 3_600_000)
  expect(await profile()).toMatchObject({ status: 404 })
  const body = { identifier: artist.email, password: artist.password }
  expect(expectStatus(200, await client.request('POST', '/api/v1/auth/login', { body })).user).toMatchObject({
    deletes_at,
  })

  expect(expectStatus(200, await call(artist, 'POST', `${me}/restore`))).toMatchObject({ deletes_at: null })
  expect(await profile()).toMatchObject({ status: 200 })
})
