import { readCookies, writeCookie } from '../../../lib/http/cookies.ts'
import { Reply } from '../../../lib/http/route.ts'
import { context, httpEvent } from '../../support/api.ts'
import { createThingsApi, thingRoutes } from '../../support/things-api.ts'

test('reads what the gateway passes on', () => {
  expect(readCookies(['a=1', '__Host-b=x%20y', 'a=2'])).toMatchObject({ a: '1', '__Host-b': 'x y' })
  expect(readCookies(undefined)).toEqual({})
})

test.each(['__proto__=1', 'constructor=1', '=', ';;', 'a', '%E0%A4%A'])(
  'is not led astray by %s',
  (cookie) => {
    expect(({} as Record<string, unknown>)['1']).toBeUndefined()
    expect(() => readCookies([cookie])).not.toThrow()
  },
)

test('writes a cookie for this host alone, out of reach of scripts and other sites', () => {
  expect(writeCookie({ name: '__Host-a', value: 'b' })).toBe(
    '__Host-a=b; Path=/; HttpOnly; Secure; SameSite=Strict',
  )
})

test('keeps a cookie for as long as it says, and takes an empty one away', () => {
  expect(writeCookie({ name: '__Host-a', value: 'b', maxAge: 60 })).toContain('Max-Age=60')
  expect(writeCookie({ name: '__Host-a', value: '' })).toContain('Max-Age=0')
})

test('passes cookies to the handler and its own to the gateway', async () => {
  const seen: unknown[] = []
  const api = createThingsApi({
    logIn: async ({ cookies }) => {
      seen.push(cookies['__Host-a'])
      return new Reply({ token: 't' }, { cookies: [{ name: '__Host-c', value: 'd' }] })
    },
  })

  const result = await api({ ...httpEvent(thingRoutes.logIn), cookies: ['__Host-a=b'] }, context())

  expect(seen).toEqual(['b'])
  expect(result.cookies).toEqual([expect.stringMatching(/^__Host-c=d; /)])
})
