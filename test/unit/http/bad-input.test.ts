import { call, context, httpEvent } from '../../support/api.ts'
import { actor, createThingsApi, thingId, thingRoutes } from '../../support/things-api.ts'

const api = createThingsApi()
const { createThing, listThings, readThing, receiveHook } = thingRoutes

const invalidUtf8 = Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])
const nested = (depth: number) => `{"title":"x","extra":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`

test.each([
  { name: 'cut JSON', rawBody: '{"title":', status: 400, code: 'invalid_request' },
  { name: 'text that is no JSON', rawBody: 'title=x', status: 400, code: 'invalid_request' },
  { name: 'only blanks', rawBody: '  ', status: 400, code: 'invalid_request' },
  {
    name: 'a number that JSON does not know',
    rawBody: '{"count":NaN}',
    status: 400,
    code: 'invalid_request',
  },
  { name: 'bytes that are not UTF-8', rawBody: invalidUtf8, status: 400, code: 'invalid_request' },
  { name: 'half a surrogate pair', rawBody: '{"title":"\\ud800"}', status: 400, code: 'invalid_request' },
  { name: 'half a surrogate pair, raw', rawBody: '{"title":"\ud800"}', status: 400, code: 'invalid_request' },
  { name: 'a NUL in a text', rawBody: '{"title":"a\\u0000b"}', status: 400, code: 'invalid_request' },
  { name: 'a NUL in a name', rawBody: '{"a\\u0000b":1}', status: 400, code: 'invalid_request' },
  { name: 'nesting too deep', rawBody: nested(70), status: 400, code: 'invalid_request' },
  { name: 'nesting that fills the body', rawBody: nested(500_000), status: 400, code: 'invalid_request' },
  { name: 'an opened bracket a byte', rawBody: '['.repeat(1_000_000), status: 400, code: 'invalid_request' },
  { name: 'more than 1 MiB', rawBody: ' '.repeat(1024 * 1024 + 1), status: 413, code: 'payload_too_large' },
  {
    name: 'more than 1 MiB of bytes in fewer characters',
    rawBody: `{"title":"${'é'.repeat(600_000)}"}`,
    status: 413,
    code: 'payload_too_large',
  },
  {
    name: 'more than 1 MiB, as base64',
    rawBody: Buffer.alloc(1024 * 1024 + 1, 0x20),
    status: 413,
    code: 'payload_too_large',
  },
  { name: 'a key that would reach the prototype', rawBody: '{"__proto__":{"title":"x"}}', status: 422 },
  { name: 'a constructor key', rawBody: '{"constructor":{"prototype":{}}}', status: 422 },
  { name: 'null for a body', rawBody: 'null', status: 422 },
  { name: 'a list for a body', rawBody: '[]', status: 422 },
  { name: 'no body at all', status: 422 },
])('refuses $name with $status', async ({ rawBody, status, code = 'validation_failed' }) => {
  const answer = await call(api, createThing, rawBody === undefined ? {} : { rawBody })

  expect(answer).toMatchObject({ status, type: 'application/problem+json', problem: { code, status } })
})

test.each([
  { name: 'a missing field', body: {}, pointer: '#/body/title', code: 'required' },
  {
    name: 'an unknown field',
    body: { title: 'x', owner_id: '1' },
    pointer: '#/body/owner_id',
    code: 'unknown_field',
  },
  {
    name: 'an unknown field with a name that must be escaped',
    body: { title: 'x', 'a/b~c d"': 1 },
    pointer: '#/body/a~1b~0c%20d%22',
    code: 'unknown_field',
  },
  { name: 'a wrong type', body: { title: 7 }, pointer: '#/body/title', code: 'invalid_type' },
  { name: 'null for a value', body: { title: null }, pointer: '#/body/title', code: 'invalid_type' },
  { name: 'a text too long', body: { title: 'x'.repeat(101) }, pointer: '#/body/title', code: 'too_big' },
  { name: 'a number too big', body: { title: 'x', count: 1001 }, pointer: '#/body/count', code: 'too_big' },
  { name: 'a fraction', body: { title: 'x', count: 1.5 }, pointer: '#/body/count', code: 'invalid_type' },
  {
    name: 'a wrong item',
    body: { title: 'x', tags: ['a', 1] },
    pointer: '#/body/tags/1',
    code: 'invalid_type',
  },
])('names the place of $name', async ({ body, pointer, code }) => {
  const { status, problem } = await call(api, createThing, { body })

  expect({ status, code: problem.code }).toEqual({ status: 422, code: 'validation_failed' })
  expect(problem.errors).toContainEqual({ pointer, code, detail: expect.any(String) })
})

test.each(['1e400', '-1e999', '1e308', '123456789012345678901234567890'])(
  'refuses the huge number %s where a whole one is asked for',
  async (number) => {
    const answer = await call(api, createThing, { rawBody: `{"title":"x","count":${number}}` })

    expect(answer.status).toBe(422)
    expect(answer.problem.errors).toContainEqual(expect.objectContaining({ pointer: '#/body/count' }))
  },
)

test('refuses a number beyond all numbers where any is allowed', async () => {
  const answer = await call(api, createThing, { rawBody: '{"title":"x","ratio":1e400}' })

  expect(answer).toMatchObject({ status: 422, problem: { errors: [{ pointer: '#/body/ratio' }] } })
})

test('names at most fifty of the members that are wrong', async () => {
  const body = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`field_${i}`, i]))

  const { status, problem, text } = await call(api, createThing, { body })

  expect(status).toBe(422)
  expect(problem.errors).toHaveLength(50)
  expect(text.length).toBeLessThan(10_000)
})

test.each([
  { name: 'no media type', type: '' },
  { name: 'a form', type: 'application/x-www-form-urlencoded' },
  { name: 'plain text', type: 'text/plain' },
  { name: 'a type that only begins like JSON', type: 'application/jsonp' },
])('refuses a body with $name', async ({ type }) => {
  const answer = await call(api, createThing, { body: { title: 'x' }, headers: { 'Content-Type': type } })

  expect(answer).toMatchObject({ status: 415, problem: { code: 'unsupported_media_type' } })
})

test('refuses bytes of another media type for their type, not for their encoding', async () => {
  const answer = await call(api, createThing, {
    rawBody: invalidUtf8,
    headers: { 'content-type': 'audio/mpeg' },
  })

  expect(answer.status).toBe(415)
})

test.each([
  { name: 'JSON with a charset', type: 'application/json; charset=utf-8' },
  { name: 'JSON in capitals', type: 'APPLICATION/JSON' },
  { name: 'a kind of JSON', type: 'application/merge-patch+json' },
])('takes $name', async ({ type }) => {
  const answer = await call(api, createThing, { body: { title: 'x' }, headers: { 'content-type': type } })

  expect(answer).toMatchObject({ status: 201, body: { received: { title: 'x' } } })
})

test('takes a body that came as base64', async () => {
  const answer = await call(api, createThing, { rawBody: Buffer.from('{"title":"naïve ☃"}') })

  expect(answer).toMatchObject({ status: 201, body: { received: { title: 'naïve ☃' } } })
})

test('takes brackets and quotes within texts as texts', async () => {
  const title = `${'['.repeat(90)}"\\`

  const answer = await call(api, createThing, { body: { title } })

  expect(answer).toMatchObject({ status: 201, body: { received: { title } } })
})

test.each(['title', '0', thingId.slice(1), `${thingId}x`, '../../etc/passwd', 'a\0b', ''])(
  'knows nothing by the id %j',
  async (thing_id) => {
    const answer = await call(api, readThing, { actor, params: { thing_id } })

    expect(answer).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  },
)

test.each([
  { name: 'a limit of nothing', query: { limit: '' } },
  { name: 'a limit too large', query: { limit: '101' } },
  { name: 'a limit without end', query: { limit: '1e400' } },
  { name: 'a limit that is no number', query: { limit: 'ten' } },
  { name: 'two limits, joined by the gateway', query: { limit: '1,2' } },
  { name: 'an unknown name', query: { offset: '10' } },
  { name: 'a name of every object', query: { hasOwnProperty: '1' } },
  { name: 'a NUL', query: { q: 'a\0b' } },
  { name: 'half a surrogate pair', query: { q: '\ud800' } },
] as { name: string; query: object }[])('refuses a query with $name', async ({ query }) => {
  const answer = await call(api, listThings, { query: { ...query } })

  expect(answer).toMatchObject({ status: 422, problem: { code: 'validation_failed' } })
})

test('refuses a query that would reach the prototype', async () => {
  const event = httpEvent(listThings)
  event.queryStringParameters = JSON.parse('{"__proto__":"x"}')

  const { statusCode } = await api(event, context())

  expect(statusCode).toBe(422)
  expect(({} as Record<string, unknown>).x).toBeUndefined()
})

test.each([
  { name: 'text', rawBody: '{"a": 1}', hex: Buffer.from('{"a": 1}').toString('hex') },
  { name: 'bytes', rawBody: Buffer.from([0, 0xff, 0xc3, 0x28]), hex: '00ffc328' },
])('gives a handler that verifies a signature the $name as sent', async ({ rawBody, hex }) => {
  const { status, body } = await call(api, receiveHook, { rawBody, headers: { 'content-type': 'x/y' } })

  expect({ status, body }).toEqual({ status: 200, body: { hex } })
})

test('answers an event without any headers', async () => {
  const event = { ...httpEvent(createThing, { body: { title: 'x' } }), headers: undefined as never }

  const { statusCode } = await api(event, context())

  expect(statusCode).toBe(415)
})
