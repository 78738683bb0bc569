import { createHmac } from 'node:crypto'
import { expectStatus, putFile } from '../../infra/local/client.ts'
import { makeAudio } from '../support/audio.ts'
import { newClient } from '../support/platform.ts'

const client = await newClient()
const { platform } = client
const artist = await client.join()
const tracksOf = (username: string, query = '') => `/api/v1/users/${username}/tracks${query}`

const problemOf = (code: string, status: number) => ({
  type: `/problems/${code}`,
  title: expect.any(String),
  status,
  detail: expect.any(String),
  instance: expect.any(String),
  code,
  request_id: expect.stringMatching(/^[A-Za-z0-9_-]{8,64}$/),
})

test.each([
  ['GET', '/nowhere', 404, 'not_found'],
  ['GET', '/api/v1/tracks/', 404, 'not_found'],
  ['GET', '//healthz', 404, 'not_found'],
  ['PUT', '/api/v1/tracks', 405, 'method_not_allowed'],
  ['POST', '/healthz', 405, 'method_not_allowed'],
  ['OPTIONS', '/api/v1/users/me', 405, 'method_not_allowed'],
])('%s %s is refused with %i and a problem document', async (method, path, status, code) => {
  const answer = await client.request(method, path, { headers: { 'x-request-id': 'my-request-0002' } })
  expect(answer.status).toBe(status)
  expect(answer.body).toEqual({ ...problemOf(code, status), request_id: 'my-request-0002' })
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.headers.get('x-request-id')).toBe('my-request-0002')
  expect(answer.headers.has('allow')).toBe(status === 405)
})

test('a preflight is still the answer of the gateway alone', async () => {
  const preflight = (origin: string) =>
    client.request('OPTIONS', '/api/v1/tracks', {
      headers: { origin, 'access-control-request-method': 'POST' },
    })
  const allowed = await preflight('http://localhost:5173')
  expect(allowed.status).toBe(204)
  expect(allowed.headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
  expect(allowed.headers.get('access-control-allow-methods')).toContain('POST')
  const foreign = await preflight('https://elsewhere.example')
  expect([...foreign.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
})

test('a validation problem names each member by pointer, code and detail', async () => {
  const body = { title: '', colour: 'red' }
  const answer = await client.request('POST', '/api/v1/tracks', { token: artist.token, body })
  expect(answer.body).toEqual({
    ...problemOf('validation_failed', 422),
    errors: expect.arrayContaining([
      { pointer: '#/body/title', code: 'too_small', detail: expect.any(String) },
      { pointer: '#/body/colour', code: 'unknown_field', detail: expect.any(String) },
    ]),
  })
})

test('a list is walked by its cursor to the end, each track once and newest first, on both routes', async () => {
  const owner = await client.join('many')
  const { token, username } = owner
  const numbers = Array.from({ length: 45 }, (_, i) => i)
  await Promise.all(numbers.map((i) => client.createTrack(token, { title: `Track ${i}` })))

  for (const first of [tracksOf(username), `/api/v1/tracks?artist=${username}`]) {
    const pages: { id: string }[][] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const path: string = cursor ? `${first}${first.includes('?') ? '&' : '?'}cursor=${cursor}` : first
      const page = expectStatus(200, await client.request('GET', path, { token }))
      expect(Object.keys(page).sort()).toEqual(['data', 'has_more', 'next_cursor'])
      expect(page.has_more).toBe(page.next_cursor !== null)
      pages.push(page.data)
      cursor = page.next_cursor
    }
    const ids = pages.flat().map(({ id }) => id)
    expect(pages.map(({ length }) => length)).toEqual([20, 20, 5])
    expect(ids).toEqual([...new Set(ids)].sort().reverse())
  }
})

test("others see of a user's tracks what plays; of nobody there are none to see", async () => {
  expect(expectStatus(200, await client.request('GET', tracksOf(artist.username)))).toEqual({
    data: [],
    has_more: false,
    next_cursor: null,
  })
  expect(await client.request('GET', tracksOf('nobody_has_it'))).toMatchObject({
    status: 404,
    body: problemOf('not_found', 404),
  })
  expect(await client.request('GET', tracksOf(artist.username, '?cursor=x'))).toMatchObject({
    status: 400,
    body: problemOf('invalid_request', 400),
  })
})

/** As browsers and desktop systems name the files that they hand over. */
test.each([
  ['song.mp3', 'audio/mpeg'],
  ['song.mp3', 'audio/mp3'],
  ['song.wav', 'audio/wav'],
  ['song.wav', 'audio/x-wav'],
  ['song.wav', 'audio/vnd.wave'],
  ['song.flac', 'audio/flac'],
  ['song.flac', 'audio/x-flac'],
  ['song.aif', 'audio/aiff'],
  ['song.aiff', 'audio/x-aiff'],
  ['song.aac', 'audio/aac'],
  ['song.aac', 'audio/x-aac'],
  ['song.aac', 'audio/vnd.dlna.adts'],
  ['song.m4a', 'audio/mp4'],
  ['song.m4a', 'audio/x-m4a'],
  ['song.ogg', 'audio/ogg'],
  ['song.opus', 'audio/ogg'],
  ['song.opus', 'audio/opus'],
])('%s may be uploaded as %s', async (name, content_type) => {
  const { id } = await client.createTrack(artist.token)
  const grant = await client.requestUpload(artist.token, id, { name, content_type, bytes: Buffer.alloc(9) })
  expect(grant).toMatchObject({ mode: 'single', method: 'PUT', headers: { 'content-type': content_type } })
  const path = `/api/v1/tracks/${id}/uploads/${grant.upload_id}`
  expectStatus(204, await client.request('DELETE', path, { token: artist.token }))
})

test('what a player gets is signed as the stream server reads it', async () => {
  const bytes = await makeAudio('mp3')
  const track = await client.createTrack(artist.token)
  const file = { name: 'a.mp3', content_type: 'audio/mpeg', bytes }
  const grant = await client.requestUpload(artist.token, track.id, file)
  expect(await putFile(grant, bytes)).toMatchObject({ status: 200 })
  await client.followUpload(artist.token, track.id, grant.upload_id)

  const path = `/api/v1/tracks/${track.id}/stream`
  const answer = expectStatus(200, await client.request('GET', path, { token: artist.token }))
  const [head, claims, signature] = answer.stream_token.split('.')
  const ofToken = createHmac('sha256', platform.secrets.stream_jwt!).update(`${head}.${claims}`)
  expect(signature).toBe(ofToken.digest('base64url'))
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
    sub: expect.any(Number),
    username: artist.username,
    roles: ['User'],
    permissions: ['StreamAudio'],
    session_id: expect.any(String),
    iss: 'veza-platform',
    aud: 'veza-services',
    iat: expect.any(Number),
    exp: Date.parse(answer.expires_at) / 1000,
  })

  const url = new URL(answer.manifest_url)
  const name = url.pathname.replace('/stream/', '')
  const expires = url.searchParams.get('expires')
  const ofUrl = createHmac('sha256', platform.secrets.stream_url!).update(`${name}:${expires}`)
  expect(url.searchParams.get('sig')).toBe(ofUrl.digest('hex'))
  expect(await (await fetch(url)).text()).toMatch(/^#EXTM3U/)
  url.searchParams.set('sig', '0'.repeat(64))
  expect((await fetch(url)).status).toBe(403)
})
