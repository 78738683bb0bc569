import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { expectStatus, type Person } from '../../infra/local/client.ts'
import { newClient, randomName } from '../support/platform.ts'

const client = await newClient()
const me = (token: string) => client.request('GET', '/api/v1/users/me', { token })
const login = (identifier: string, password: string) =>
  client.request('POST', '/api/v1/auth/login', { body: { identifier, password } })

let artist: Person
beforeAll(async () => {
  artist = await client.join()
})

test('a person registers, verifies, signs in, refreshes and signs out', async () => {
  const person = await client.join('listener')
  expect(expectStatus(200, await me(person.token))).toMatchObject({
    username: person.username,
    email: person.email,
    role: 'user',
  })

  const body = { refresh_token: person.refresh_token }
  const refreshed = expectStatus(200, await client.request('POST', '/api/v1/auth/refresh', { body }))
  expect(refreshed.refresh_token).not.toBe(person.refresh_token)

  const token = refreshed.access_token
  expectStatus(204, await client.request('POST', '/api/v1/auth/logout', { token }))
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  expect(await me(token)).toMatchObject({ status: 401, body: { code: 'token_revoked' } })
  const again = await client.request('POST', '/api/v1/auth/refresh', {
    body: { refresh_token: refreshed.refresh_token },
  })
  expect(again).toMatchObject({ status: 401, body: { code: 'session_expired' } })
})

test('an unverified address cannot sign in, and hears why only with the right password', async () => {
  const name = randomName('late')
  const person = { email: `${name}@example.com`, username: name, password: 'correct horse battery' }
  expectStatus(202, await client.register(person))

  expect(await login(person.email, person.password)).toMatchObject({
    status: 403,
    body: { code: 'email_not_verified' },
  })
  expect(await login(person.email, 'a wrong password')).toMatchObject({
    status: 401,
    body: { code: 'invalid_credentials' },
  })
})

test('a taken address answers like a free one, and its owner is told', async () => {
  const answer = await client.register({
    email: artist.email,
    username: randomName('other'),
    password: 'correct horse battery',
  })
  expect(answer).toMatchObject({ status: 202, body: { status: 'verification_required' } })
  expect(await client.mailTo(artist.email, /already|account/i)).toBeDefined()
})

test('a taken username and a weak password are refused', async () => {
  const free = { email: `${randomName('x')}@example.com`, password: 'correct horse battery' }
  expect(await client.register({ ...free, username: artist.username })).toMatchObject({
    status: 409,
    body: { code: 'username_taken' },
  })
  const weak = await client.register({ ...free, username: randomName('weak'), password: 'short' })
  expect(weak).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
})

test.each([
  { name: 'a wrong password', identifier: () => artist.email, password: 'not the password' },
  { name: 'nobody', identifier: () => 'nobody@example.com', password: 'not the password' },
])('refuses $name in the same words', async ({ identifier, password }) => {
  expect(await login(identifier(), password)).toMatchObject({
    status: 401,
    body: { code: 'invalid_credentials' },
  })
})

describe('a token that is not ours', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claimsOf = () => JSON.parse(Buffer.from(artist.token.split('.')[1]!, 'base64url').toString())
  const headerOf = () => JSON.parse(Buffer.from(artist.token.split('.')[0]!, 'base64url').toString())

  const forged: Record<string, () => string> = {
    'with one bit changed': () => {
      const [header, claims, signature] = artist.token.split('.') as [string, string, string]
      const bytes = Buffer.from(signature, 'base64url')
      bytes[0]! ^= 1
      return `${header}.${claims}.${bytes.toString('base64url')}`
    },
    'with other claims': () => {
      const [header, , signature] = artist.token.split('.')
      return `${header}.${part({ ...claimsOf(), role: 'admin' })}.${signature}`
    },
    'with algorithm none': () => `${part({ ...headerOf(), alg: 'none' })}.${part(claimsOf())}.`,
    'signed with RS256': () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const text = `${part({ ...headerOf(), alg: 'RS256' })}.${part(claimsOf())}`
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
    },
    'signed with a guessed secret': () => {
      const text = `${part(headerOf())}.${part(claimsOf())}`
      return `${text}.${createHmac('sha256', 'secret').update(text).digest('base64url')}`
    },
    'that is no token at all': () => 'not.a.token',
  }

  test.each(Object.entries(forged))('%s is refused', async (_, forge) => {
    const answer = await me(forge())
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated', status: 401 } })
    expect(answer.headers.get('content-type')).toMatch('application/problem+json')
  })

  test('is refused on a route that would do without one', async () => {
    const answer = await client.request('GET', '/api/v1/tracks', { token: forged['with algorithm none']!() })
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
  })
})

test('a call without a token is refused by the gateway itself', async () => {
  expect(await client.request('GET', '/api/v1/users/me')).toMatchObject({ status: 401 })
})

test('a used refresh token ends the whole family', async () => {
  const { refresh_token } = await client.join('thief')
  const refresh = (token: string) =>
    client.request('POST', '/api/v1/auth/refresh', { body: { refresh_token: token } })
  const second = expectStatus(200, await refresh(refresh_token))
  const third = expectStatus(200, await refresh(second.refresh_token))

  expect(await refresh(refresh_token)).toMatchObject({
    status: 401,
    body: { code: 'refresh_token_already_used' },
  })
  expect(await refresh(third.refresh_token)).toMatchObject({ status: 401 })
})

test('a profile is changed under If-Match, and only what may be changed', async () => {
  const { token } = await client.join('writer')
  const before = await me(token)
  const etag = before.headers.get('etag')!
  const patch = (body: object, headers = {}) =>
    client.request('PATCH', '/api/v1/users/me', { token, body, headers })

  expect(await patch({ bio: 'Makes beats.' }, { 'if-match': etag })).toMatchObject({
    status: 200,
    body: { bio: 'Makes beats.' },
  })
  expect(await patch({ bio: 'Late.' }, { 'if-match': etag })).toMatchObject({
    status: 412,
    body: { code: 'precondition_failed' },
  })
  expect(await patch({ role: 'admin' })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '#/body/role' }] },
  })
})
