import { newClient } from '../support/platform.ts'

const client = await newClient()
const { token } = await client.join()
const create = (body: unknown, headers = {}) =>
  client.request('POST', '/api/v1/tracks', { token, body, headers })
const valid = { title: 'Night Drive', rights_confirmed: true }

test.each([
  { name: 'malformed JSON', body: '{"title":', status: 400, code: 'invalid_request' },
  { name: 'an array', body: '[]', status: 422, code: 'validation_failed' },
  { name: 'an unknown field', body: { ...valid, owner_id: 'me' }, status: 422, code: 'validation_failed' },
  { name: 'a wrong type', body: { ...valid, title: 7 }, status: 422, code: 'validation_failed' },
  {
    name: 'a huge number',
    body: '{"title":"x","rights_confirmed":true,"bpm":1e999}',
    status: 422,
    code: 'validation_failed',
  },
  { name: 'a NUL in a text', body: { ...valid, title: 'a\u0000b' }, status: 400, code: 'invalid_request' },
  {
    name: 'a lone surrogate',
    body: '{"title":"\\ud800","rights_confirmed":true}',
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'a title of 201 characters',
    body: { ...valid, title: 'x'.repeat(201) },
    status: 422,
    code: 'validation_failed',
  },
  {
    name: 'deep nesting',
    body: `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'a body over 1 MiB',
    body: { ...valid, description: 'x'.repeat(1024 * 1024) },
    status: 413,
    code: 'payload_too_large',
  },
])('refuses $name', async ({ body, status, code }) => {
  const answer = await create(body)
  expect(answer).toMatchObject({ status, body: { status, code, request_id: expect.any(String) } })
  expect(answer.headers.get('content-type')).toMatch('application/problem+json')
})

test('refuses invalid UTF-8', async () => {
  const response = await fetch(`${client.platform.api_url}/api/v1/tracks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: Buffer.concat([
      Buffer.from('{"title":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('","rights_confirmed":true}'),
    ]),
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ code: 'invalid_request' })
})

test('refuses another media type', async () => {
  const answer = await create('title=x', { 'content-type': 'application/x-www-form-urlencoded' })
  expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } })
})

test.each([
  { name: 'a cursor that is none', query: 'cursor=nonsense', status: 400, code: 'invalid_request' },
  { name: 'a limit of 0', query: 'limit=0', status: 422, code: 'validation_failed' },
  { name: 'a limit of 101', query: 'limit=101', status: 422, code: 'validation_failed' },
])('refuses $name', async ({ query, status, code }) => {
  expect(await client.request('GET', `/api/v1/tracks?${query}`)).toMatchObject({ status, body: { code } })
})

test('an id that is none is not found', async () => {
  expect(await client.request('GET', '/api/v1/tracks/not-an-id')).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  })
})

test('a request id comes back when it is well formed, and is made where it is not', async () => {
  const asked = await client.request('GET', '/healthz', { headers: { 'x-request-id': 'my-request-0001' } })
  expect(asked.headers.get('x-request-id')).toBe('my-request-0001')
  const made = await client.request('GET', '/healthz', { headers: { 'x-request-id': 'no spaces please' } })
  expect(made.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9_-]{8,64}$/)
})
