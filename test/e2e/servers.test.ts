import { readFile } from 'node:fs/promises'
import { expectStatus, type Json, type Person, putFile } from '../../infra/local/client.ts'
import { makeAudio } from '../support/audio.ts'
import { readChatToken, readStreamToken } from '../support/peer-servers.ts'
import { newClient } from '../support/platform.ts'

/** What the stream server and the chat server get to see of us, by the front door. */
const client = await newClient()
const { callers, secrets, stream_server_url } = client.platform
const { stream_server, chat_server, operator } = callers
const revocations = '/api/v1/internal/revocations'
const now = () => Math.floor(Date.now() / 1_000)
const askForChat = (token: string) => client.request('POST', '/api/v1/chat/token', { token })

/** Everything there is, page by page. */
async function readRevocations(caller: typeof stream_server): Promise<Json[]> {
  const told: Json[] = []
  let cursor = ''
  for (;;) {
    const query = `?limit=100${cursor && `&cursor=${cursor}`}`
    const page = expectStatus(200, await client.signed(caller!, 'GET', revocations + query))
    told.push(...page.data)
    if (!page.has_more) return told
    cursor = page.next_cursor
  }
}

const revokedFor = async (userId: string, caller = chat_server) =>
  (await readRevocations(caller)).filter(({ user_id }) => user_id === userId)

/** A track of theirs that plays. */
async function publish({ token }: Person) {
  const track = await client.createTrack(token)
  const bytes = await makeAudio('wav')
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes }
  const grant = await client.requestUpload(token, track.id, file)
  expect(await putFile(grant, bytes)).toMatchObject({ status: 200 })
  expect(await client.followUpload(token, track.id, grant.upload_id)).toMatchObject({ status: 'ready' })
  const { version } = expectStatus(200, await client.request('GET', `/api/v1/tracks/${track.id}`, { token }))
  const jobs = `/api/v1/tracks/${track.id}/versions/${version.id}/jobs`
  return { track, version_id: version.id, jobs }
}

describe('the chat', () => {
  test('is entered with a token that its server takes, and none of our routes does', async () => {
    const person = await client.join()
    const answer = await askForChat(person.token)

    const { token, expires_at, ws_url } = expectStatus(200, answer)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(ws_url).toMatch(/^wss?:\/\//)
    const claims = readChatToken(token, { secret: secrets.chat_jwt!, now: now() })
    expect(claims).toMatchObject({ username: person.username, role: 'user', sub: person.user.id })
    expect(claims.exp).toBe(Date.parse(expires_at) / 1_000)
    expect(() => readChatToken(token, { secret: secrets.stream_jwt!, now: now() })).toThrow(
      'InvalidSignature',
    )
    for (const [method, path] of [
      ['GET', '/api/v1/users/me'],
      ['POST', '/api/v1/chat/token'],
      ['GET', '/api/v1/tracks'],
    ] as const)
      expect(await client.request(method, path, { token })).toMatchObject({ status: 401 })
  })

  test('is closed to whom a moderator mutes, and its server is told', async () => {
    const person = await client.join()
    const { token } = await client.admin()
    const path = `/api/v1/admin/users/${person.user.id}/chat-mute`

    expectStatus(204, await client.request('POST', path, { token, body: { reason: 'Shouting' } }))

    expect(await askForChat(person.token)).toMatchObject({
      status: 403,
      body: { code: 'chat_muted', detail: 'Shouting' },
    })
    expect(await revokedFor(person.user.id)).toMatchObject([{ kind: 'chat_mute' }])
    expectStatus(204, await client.request('DELETE', path, { token }))
    expect(await askForChat(person.token)).toMatchObject({ status: 200 })
  })
})

describe('what is revoked', () => {
  test('is told to both servers, and to nobody else', async () => {
    const person = await client.join()
    expectStatus(204, await client.request('POST', '/api/v1/auth/logout', { token: person.token }))

    for (const caller of [stream_server, chat_server]) {
      expect(await revokedFor(person.user.id, caller)).toMatchObject([
        { kind: 'session', session_id: expect.any(String), user_number: expect.any(Number) },
      ])
    }
    expect(await client.signed(operator!, 'GET', revocations)).toMatchObject({ status: 403 })
    expect(await client.request('GET', revocations)).toMatchObject({ status: 403 })
    const { token } = await client.admin()
    expect(await client.request('GET', revocations, { token })).toMatchObject({ status: 403 })
  })

  test('is all that the chat server may ask for', async () => {
    const { token } = await client.join()
    const track = await client.createTrack(token)
    const path = `/api/v1/internal/tracks/${track.id}`
    const calls = [
      ['GET', `${path}/source`, undefined],
      ['POST', `${path}/stream-ready`, {}],
      ['POST', `${path}/stream-failed`, {}],
      ['POST', '/api/v1/internal/plays', { plays: [] }],
    ] as const
    for (const [method, url, body] of calls)
      expect(await client.signed(chat_server!, method, url, body)).toMatchObject({ status: 403 })
  })
})

test('a stream is signed as its server reads it, and its job can be followed', async () => {
  const artist = await client.join()
  const { track, version_id, jobs } = await publish(artist)

  const path = `/api/v1/tracks/${track.id}`
  const answer = await client.request('GET', `${path}/stream`, { token: artist.token })
  const { stream_token, manifest_url, expires_at } = expectStatus(200, answer)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const claims = readStreamToken(stream_token, { secret: secrets.stream_jwt!, now: now() })
  expect(claims).toMatchObject({
    username: artist.username,
    uid: artist.user.id,
    track_id: track.id,
    version_id,
  })
  expect(claims.exp).toBe(Date.parse(expires_at) / 1_000)
  expect(manifest_url).toMatch(new RegExp(`^${stream_server_url}/stream/.+\\?expires=\\d+&sig=[0-9a-f]{64}$`))
  expect(await client.request('GET', '/api/v1/users/me', { token: stream_token })).toMatchObject({
    status: 401,
  })

  const log = await readFile(client.platform.log_file, 'utf8')
  for (const secret of [stream_token, new URL(manifest_url).searchParams.get('sig')!])
    expect(log.includes(secret)).toBe(false)

  const [job] = expectStatus(200, await client.request('GET', jobs, { token: artist.token })).data
  expect(job).toMatchObject({ status: 'ready', tries: 1, reason: null, next_attempt_at: null })
  expect(job.timeline.at(0)).toMatchObject({ status: 'queued', try: 0 })
  expect(job.timeline.at(-1)).toMatchObject({ status: 'ready', try: 1 })
})

test('a late failure of a job that is done changes nothing', async () => {
  const artist = await client.join()
  const { track, version_id, jobs } = await publish(artist)
  const [job] = expectStatus(200, await client.request('GET', jobs, { token: artist.token })).data
  const path = `/api/v1/internal/tracks/${track.id}/stream-failed`
  for (const is_transient of [true, false]) {
    const body = { version_id, job_id: job.id, reason: 'no space left', is_transient }
    expect(await client.signed(stream_server!, 'POST', path, body)).toMatchObject({ status: 200 })
  }
  expect(expectStatus(200, await client.request('GET', jobs, { token: artist.token })).data).toEqual([job])
})
