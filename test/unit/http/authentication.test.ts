import { type Actor, type Authentication, refusal } from '../../../lib/auth/actor.ts'
import { call, context, httpEvent } from '../../support/api.ts'
import { actor, createThingsApi, thingId, thingRoutes } from '../../support/things-api.ts'

const { readThing, listThings, reportThing } = thingRoutes
const params = { thing_id: thingId }
const now = new Date('2026-05-01T12:00:00Z')
const nowSeconds = now.getTime() / 1000

describe('a route for users', () => {
  const api = createThingsApi({}, { now: () => now })

  test('refuses a call without an actor', async () => {
    const { status, headers, problem } = await call(api, readThing, { params })

    expect({ status, code: problem.code }).toEqual({ status: 401, code: 'unauthenticated' })
    expect(headers['www-authenticate']).toBe('Bearer')
  })

  test.each(refusal.options)('answers the reason %s of the authorizer', async (reason) => {
    const answer = await call(api, readThing, { params, reason })

    expect(answer).toMatchObject({
      status: 401,
      type: 'application/problem+json',
      problem: { code: reason },
    })
  })

  test.each([
    { name: 'has no id', context: { ...actor, id: undefined, expires_at: nowSeconds + 60 } },
    { name: 'has an unknown role', context: { ...actor, role: 'root', expires_at: nowSeconds + 60 } },
    { name: 'has no expiry', context: { ...actor } },
    { name: 'gives an unknown reason', context: { reason: 'fine' } },
    { name: 'is no object', context: 'admin' },
  ])('refuses a context that $name', async ({ context: lambda }) => {
    const event = httpEvent(readThing, { params })
    event.requestContext.authorizer = { lambda }

    expect((await api(event, context())).statusCode).toBe(401)
  })

  test.each([
    { name: 'just within the clock skew', expires_at: nowSeconds - 29, status: 200 },
    { name: 'at the end of the clock skew', expires_at: nowSeconds - 30, status: 401 },
    { name: 'long ago', expires_at: nowSeconds - 3600, status: 401 },
  ])('answers $status to a cached token that expired $name', async ({ expires_at, status }) => {
    const answer = await call(api, readThing, { params, actor, expires_at })

    expect(answer.status).toBe(status)
    expect(status === 401 ? answer.problem.code : 'token_expired').toBe('token_expired')
  })

  test('is told the actor and nothing more', async () => {
    let seen: Actor | undefined
    const curious = createThingsApi({
      removeThing: async (request) => {
        seen = request.actor
      },
    })

    await call(curious, thingRoutes.removeThing, { params, actor })

    expect(seen).toEqual(actor)
  })

  test('refuses before it looks at the request', async () => {
    expect((await call(api, readThing, { params: { thing_id: 'no-uuid' } })).status).toBe(401)
  })
})

describe('a route for anyone, signed in or not', () => {
  const verifyToken = async (authorization: string | undefined): Promise<Authentication | undefined> => {
    if (authorization === undefined) return undefined
    return authorization === 'Bearer good' ? { actor } : { reason: 'token_expired' }
  }
  const api = createThingsApi({}, { verifyToken })

  test.each([
    { name: 'nobody without a token', headers: {}, viewer: null },
    { name: 'the user of a good token', headers: { authorization: 'Bearer good' }, viewer: actor.id },
  ])('sees $name', async ({ headers, viewer }) => {
    expect(await call(api, listThings, { headers })).toMatchObject({ status: 200, body: { viewer } })
  })

  test('refuses a bad token rather than taking its bearer for nobody', async () => {
    const { status, problem } = await call(api, listThings, { headers: { authorization: 'Bearer bad' } })

    expect({ status, code: problem.code }).toEqual({ status: 401, code: 'token_expired' })
  })

  test('does not believe a context that no authorizer of the route has made', async () => {
    expect((await call(api, listThings, { actor })).body).toMatchObject({ viewer: null })
  })
})

describe('the session behind a token', () => {
  const checked: string[] = []
  const api = createThingsApi(
    {},
    {
      verifyToken: async () => ({ actor }),
      checkSession: async ({ id }) => {
        checked.push(id)
        return 'token_revoked'
      },
    },
  )

  test.each([
    { name: 'user', route: readThing, options: { params, actor } },
    { name: 'optional', route: listThings, options: { headers: { authorization: 'Bearer good' } } },
  ])('is checked on routes of the kind $name', async ({ route, options }) => {
    checked.length = 0

    const answer = await call(api, route, options)

    expect(answer).toMatchObject({ status: 401, problem: { code: 'token_revoked' } })
    expect(checked).toEqual([actor.id])
  })

  test('is not asked for where there is none', async () => {
    checked.length = 0

    await call(api, reportThing)

    expect(checked).toEqual([])
  })
})
