import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { type JWTHeaderParameters, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import type { Actor } from '../../../lib/auth/actor.ts'
import { type KeyRing, parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createAccessTokenSigner, createTokenVerifier } from '../../../lib/auth/tokens.ts'
import { justSignedIn } from '../../support/api.ts'

const key = 'k'.repeat(64)
const otherKey = 'o'.repeat(64)
const ring = parseKeyRing(JSON.stringify({ kid: '1', key }))
const issuedAt = new Date('2026-01-01T12:00:00Z')
const seconds = issuedAt.getTime() / 1000
const actor: Actor = {
  id: randomUUID(),
  session_id: randomUUID(),
  role: 'user',
  token_version: 3,
  ...justSignedIn(),
}

const after = (delta: number) => () => new Date(issuedAt.getTime() + delta * 1000)
const loadRing = async () => ring

const signer = (keys: KeyRing = ring) =>
  createAccessTokenSigner({ loadKeys: async () => keys, ttlSeconds: 900, now: () => issuedAt })

const verify = (token: string, now = after(0)) =>
  createTokenVerifier({ loadKeys: loadRing, now })(`Bearer ${token}`)

interface Forgery {
  readonly header?: Partial<JWTHeaderParameters>
  readonly claims?: JWTPayload
  readonly key?: string
}

function forge({ header = {}, claims = {}, key: signingKey = key }: Forgery) {
  const times = { iat: seconds, nbf: seconds, exp: seconds + 900 }
  const subject = { sub: actor.id, sid: actor.session_id, tv: 3, role: 'user', jti: randomUUID() }
  return new SignJWT({ iss: 'veza', aud: 'veza-api', ...subject, ...times, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: '1', ...header })
    .sign(Buffer.from(signingKey))
}

test('reads back the actor it signed, and when the token ends', async () => {
  const token = await signer().sign(actor)

  expect(await verify(token)).toEqual({ actor, expires_at: seconds + 900 })
})

test('signs with the header and the claims that others rely on', async () => {
  const [header, payload] = (await signer().sign(actor))
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))

  expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: '1' })
  expect(payload).toEqual({
    iss: 'veza',
    aud: 'veza-api',
    sub: actor.id,
    auth_time: actor.auth_time,
    acr: 'aal1',
    sid: actor.session_id,
    tv: 3,
    role: 'user',
    iat: seconds,
    nbf: seconds,
    exp: seconds + 900,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
})

test.each([
  { name: 'just before it ends', at: 899, expected: 'actor' },
  { name: 'within the skew after its end', at: 929, expected: 'actor' },
  { name: 'past the skew', at: 931, expected: 'token_expired' },
  { name: 'by a clock 29 s behind', at: -29, expected: 'actor' },
  { name: 'by a clock 31 s behind', at: -31, expected: 'unauthenticated' },
])('judges a token $name', async ({ at, expected }) => {
  const result = await verify(await signer().sign(actor), after(at))

  expect(result).toEqual(expected === 'actor' ? { actor, expires_at: seconds + 900 } : { reason: expected })
})

const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

test.each<{ name: string; token: () => Promise<string> | string }>([
  { name: 'alg none', token: () => new UnsecuredJWT({ sub: actor.id }).encode() },
  {
    name: 'alg none with the signature of a good token',
    token: async () => {
      const [, payload, signature] = (await signer().sign(actor)).split('.')
      const header = { alg: 'none', typ: 'at+jwt', kid: '1' }
      return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`
    },
  },
  {
    name: 'RS256',
    token: () => new SignJWT({ sub: actor.id }).setProtectedHeader({ alg: 'RS256', kid: '1' }).sign(rsaKey),
  },
  { name: 'HS512 under the right key', token: () => forge({ header: { alg: 'HS512' } }) },
  { name: 'another key', token: () => forge({ key: otherKey }) },
  { name: 'an unknown kid', token: () => forge({ header: { kid: '2' } }) },
  { name: 'no kid', token: () => forge({ header: { kid: undefined as never } }) },
  { name: 'another typ', token: () => forge({ header: { typ: 'JWT' } }) },
  { name: 'no typ', token: () => forge({ header: { typ: undefined as never } }) },
  { name: 'another audience', token: () => forge({ claims: { aud: 'veza-services' } }) },
  { name: 'another issuer', token: () => forge({ claims: { iss: 'veza-platform' } }) },
  { name: 'no session', token: () => forge({ claims: { sid: undefined } }) },
  { name: 'no expiry', token: () => forge({ claims: { exp: undefined as never } }) },
  {
    name: 'a changed payload',
    token: async () => {
      const [header, payload, signature] = (await signer().sign(actor)).split('.')
      const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString())
      const raised = Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url')
      return `${header}.${raised}.${signature}`
    },
  },
  { name: 'a cut signature', token: async () => (await signer().sign(actor)).slice(0, -2) },
  { name: 'no JWT at all', token: () => 'nonsense' },
])('refuses $name', async ({ token }) => {
  expect(await verify(await token())).toEqual({ reason: 'unauthenticated' })
})

test('says expired only of a token whose signature is right', async () => {
  const token = await forge({ key: otherKey, claims: { exp: seconds - 3600 } })

  expect(await verify(token)).toEqual({ reason: 'unauthenticated' })
})

test.each(['', 'Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Bearer a b'])(
  'refuses the header %j',
  async (header) => {
    const check = createTokenVerifier({ loadKeys: loadRing, now: after(0) })

    expect(await check(header)).toEqual({ reason: 'unauthenticated' })
  },
)

test('knows no caller where there is no header', async () => {
  expect(await createTokenVerifier({ loadKeys: loadRing })(undefined)).toBeUndefined()
})

test('accepts the previous key during a rotation, and signs with the current one', async () => {
  const rotated = parseKeyRing(
    JSON.stringify({ kid: '2', key: otherKey, previous_kid: '1', previous_key: key }),
  )
  const check = createTokenVerifier({ loadKeys: async () => rotated, now: after(0) })

  const [before, now] = await Promise.all([signer().sign(actor), signer(rotated).sign(actor)])

  expect(await check(`Bearer ${before}`)).toMatchObject({ actor })
  expect(await check(`bearer ${now}`)).toMatchObject({ actor })
  expect(await verify(now)).toEqual({ reason: 'unauthenticated' })
})

test('asks for fresh keys when a token names an unknown one', async () => {
  const rotated = parseKeyRing(JSON.stringify({ kid: '2', key: otherKey }))
  const check = createTokenVerifier({
    loadKeys: async (maxAgeMs) => (maxAgeMs === undefined ? ring : rotated),
    now: after(0),
  })

  expect(await check(`Bearer ${await signer(rotated).sign(actor)}`)).toMatchObject({ actor })
})

test('fails rather than refuses when the keys cannot be read', async () => {
  const check = createTokenVerifier({ loadKeys: () => Promise.reject(new Error('throttled')) })

  await expect(check(`Bearer ${await signer().sign(actor)}`)).rejects.toThrow('throttled')
})
