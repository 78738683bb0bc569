import { expectStatus, putFile, until } from '../../infra/local/client.ts'
import { makeAudio } from '../support/audio.ts'
import { launchPlatform } from '../support/launch-platform.ts'
import { control, newClient, randomName } from '../support/platform.ts'

// The clock is moved here, so this file has a platform to itself.
const own = await launchPlatform('test-expiry')
process.env.VEZA_PLATFORM_FILE = own.file
afterAll(() => own.stop())

const client = await newClient()
const minutes = 60_000
const days = 24 * 60 * minutes
const advance = (ms: number) => control('clock', { advance_ms: ms })
const refresh = (token: string) =>
  client.request('POST', '/api/v1/auth/refresh', { body: { refresh_token: token } })

test('an access token ends after a quarter of an hour, and its session goes on', async () => {
  const person = await client.join()
  await advance(14 * minutes)
  expect(await client.request('GET', '/api/v1/users/me', { token: person.token })).toMatchObject({
    status: 200,
  })
  await advance(2 * minutes)
  for (const path of ['/api/v1/users/me', '/api/v1/tracks']) {
    const answer = await client.request('GET', path, { token: person.token })
    expect(answer).toMatchObject({ status: 401, body: { code: 'token_expired' } })
  }
  expect(await refresh(person.refresh_token)).toMatchObject({ status: 200 })
})

test('a session that nobody uses ends after 14 days', async () => {
  const { refresh_token } = await client.join()
  await advance(14 * days + minutes)
  expect(await refresh(refresh_token)).toMatchObject({ status: 401, body: { code: 'session_expired' } })
})

test('a verification link ends after a day', async () => {
  const name = randomName('slow')
  const email = `${name}@example.com`
  expectStatus(202, await client.register({ email, username: name, password: 'correct horse battery' }))
  const token = client.tokenOf(await client.mailTo(email))
  await advance(days + minutes)
  const answer = await client.request('POST', '/api/v1/auth/verify-email', { body: { token } })
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_token' } })
})

test('an upload URL ends after a quarter of an hour, and another may be asked for the same upload', async () => {
  const person = await client.join()
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes: await makeAudio('wav') }
  const track = await client.createTrack(person.token)
  const expired = await client.requestUpload(person.token, track.id, file)
  await advance(16 * minutes)
  const refused = await putFile(expired, file.bytes)
  expect(refused).toMatchObject({ status: 403, body: expect.stringContaining('expired') })

  const { access_token: token } = expectStatus(200, await refresh(person.refresh_token))
  const path = `/api/v1/tracks/${track.id}/uploads/${expired.upload_id}`
  const again = await client.request('POST', `${path}/parts`, { token, body: { part_numbers: [1] } })
  const { method, parts } = expectStatus(200, again)
  expect(await putFile({ method, ...parts[0] }, file.bytes)).toMatchObject({ status: 200 })
  expect(await client.followUpload(token, track.id, expired.upload_id)).toMatchObject({ status: 'ready' })
})

test('a stream URL ends with the track it was given for', async () => {
  const { token } = await client.join()
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes: await makeAudio('wav') }
  const track = await client.createTrack(token)
  const grant = await client.requestUpload(token, track.id, file)
  await putFile(grant, file.bytes)
  await client.followUpload(token, track.id, grant.upload_id)

  const path = `/api/v1/tracks/${track.id}/stream`
  const { manifest_url } = expectStatus(200, await client.request('GET', path))
  expect((await fetch(manifest_url)).status).toBe(200)
  // Ten minutes, the least a URL lives, and the five that the stream server tolerates.
  await advance(15 * minutes + 1_000)
  expect((await fetch(manifest_url)).status).toBe(403)
})

test('an account is deleted after 30 days, and what is left says nothing', async () => {
  const person = await client.join()
  const track = await client.createTrack(person.token)
  const request = { token: person.token, body: { password: person.password } }
  expectStatus(202, await client.request('DELETE', '/api/v1/users/me', request))

  await advance(30 * days + minutes)
  expect(await control('schedules/delete-accounts/run', {})).toMatchObject({
    result: { done: { accounts: 1 } },
  })

  for (const identifier of [person.email, person.username]) {
    const body = { identifier, password: person.password }
    const answer = await client.request('POST', '/api/v1/auth/login', { body })
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
  }
  for (const path of [`/api/v1/users/${person.username}`, `/api/v1/tracks/${track.id}`]) {
    expect(await client.request('GET', path)).toMatchObject({ status: 404 })
  }
})

test('what can wait is mailed a quarter of an hour later', async () => {
  const [artist, fan] = [await client.join('artist'), await client.join('fan')]
  await client.request('PATCH', '/api/v1/notifications/preferences', {
    token: artist.token,
    body: { follow: { email: true } },
  })
  await client.request('PUT', `/api/v1/users/${artist.username}/follow`, { token: fan.token })
  await until('the notification', async () => {
    const { body } = await client.request('GET', '/api/v1/notifications', { token: artist.token })
    return body.data[0]
  })
  await advance(16 * minutes)
  await control('schedules/send-digests/run', {})
  await control('schedules/outbox-relay/run', {})

  await client.mailTo(artist.email, new RegExp(`${fan.username} followed you`))
})
