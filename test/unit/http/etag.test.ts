import { AppError } from '../../../lib/errors.ts'
import { etagOf, etagOfShown, requireMatch } from '../../../lib/http/etag.ts'
import { Reply } from '../../../lib/http/route.ts'
import { call } from '../../support/api.ts'
import { actor, createThingsApi, row, thingId, thingRoutes } from '../../support/things-api.ts'

const { readThing, createThing } = thingRoutes
const params = { thing_id: thingId }
const api = createThingsApi({ readThing: async () => new Reply(row, { etag: etagOf({ revision: 7 }) }) })

test('names the revision in a strong tag', async () => {
  expect((await call(api, readThing, { actor, params })).headers.etag).toBe('"7"')
})

test.each(['"7"', 'W/"7"', '*', '"6", "7"', '"6",W/"7" , "8"'])(
  'answers 304 without a body when the client has %s',
  async (tags) => {
    const { status, text, type, headers } = await call(api, readThing, {
      actor,
      params,
      headers: { 'If-None-Match': tags },
    })

    expect({ status, text, type }).toEqual({ status: 304, text: '', type: undefined })
    expect(headers).toMatchObject({
      etag: '"7"',
      'cache-control': 'private, no-cache',
      vary: 'Origin, Authorization',
    })
  },
)

test.each(['"8"', '7', '"77"', '""', 'W/7'])('answers in full when the client has %s', async (tags) => {
  const { status, body } = await call(api, readThing, { actor, params, headers: { 'if-none-match': tags } })

  expect({ status, title: body.title }).toEqual({ status: 200, title: 'One' })
})

test('answers a write in full, whatever the client has', async () => {
  const writing = createThingsApi({
    createThing: async ({ body }) => new Reply({ received: body }, { etag: '"1"' }),
  })

  const { status } = await call(writing, createThing, {
    body: { title: 'x' },
    headers: { 'if-none-match': '*' },
  })

  expect(status).toBe(201)
})

test.each([undefined, '"3"', '*', '"2", "3"'])('lets a change of what If-Match %s names pass', (tags) => {
  expect(() => requireMatch({ 'if-match': tags }, { revision: 3 })).not.toThrow()
})

test.each(['"2"', '3', 'W/"3"', '', '"33"'])('refuses a change when If-Match is %j', (tags) => {
  const change = () => requireMatch({ 'if-match': tags }, { revision: 3 })

  expect(change).toThrow(AppError)
  expect(change).toThrow(expect.objectContaining({ code: 'precondition_failed' }))
})

describe('of what is shown with more than its row', () => {
  const shown = { revision: 3, title: 'One', like_count: 1 }
  const likedAgain = { ...shown, like_count: 2 }

  test('the tag begins with the revision, and is another one with another count', () => {
    expect(etagOfShown(shown)).toMatch(/^"3-[\da-f]{8}"$/)
    expect(etagOfShown({ ...shown })).toBe(etagOfShown(shown))
    expect(etagOfShown(likedAgain)).not.toBe(etagOfShown(shown))
  })

  test('a change looks at the revision alone', () => {
    const tag = etagOfShown(shown)
    expect(() => requireMatch({ 'if-match': `"2-00000000", ${tag}` }, likedAgain)).not.toThrow()
  })

  test.each(['"2-0a1b2c3d"', 'W/"3-0a1b2c3d"', '"3-"', '"3-0a1b2c3d', '"33-0a1b2c3d"', '"-0a1b2c3d"'])(
    'refuses a change when If-Match is %s',
    (tag) => {
      expect(() => requireMatch({ 'if-match': tag }, shown)).toThrow(AppError)
    },
  )
})
