import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../../lib/auth/tokens.ts'
import {
  guest,
  type Listener,
  signStreamToken,
  signStreamUrl,
  streamSeconds,
} from '../../../lib/media/streams/streaming.ts'
import { signPlayToken } from '../../../lib/plays/play-token.ts'
import { readStreamToken } from '../../support/peer-servers.ts'

const times = { issuedAt: 1_900_000_000, expires: 1_900_000_300 }
const ada: Listener = {
  id: '0198c6b1-0000-7000-8000-000000000009',
  user_number: 7,
  username: 'ada',
  role: 'user',
  session_id: 'b1c2',
}
const streamed = { track_id: 't', version_id: 'v' }
const secret = 'stream-token-secret-of-the-tests-'.repeat(2)

test('signs a link as the stream server verifies it', () => {
  const key = 'test_secret_key_that_is_long_enough_32chars'
  expect(signStreamUrl('http://stream.test', key, 'abc', 1_900_000_000)).toBe(
    'http://stream.test/stream/abc?expires=1900000000' +
      '&sig=a1db6da55625e994979bfbbc3c86548d1243eac8a41791af7b3beeccd7561f96',
  )
})

describe('the stream token', () => {
  test('has exactly the claims that the stream server parses, in its types', async () => {
    const token = await signStreamToken(secret, ada, streamed, times)

    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' })
    expect(readStreamToken(token, { secret, now: 1_900_000_300 })).toEqual({
      sub: 7,
      username: 'ada',
      roles: ['User'],
      permissions: ['StreamAudio'],
      session_id: 'b1c2',
      iss: 'veza-platform',
      aud: 'veza-services',
      iat: 1_900_000_000,
      exp: 1_900_000_300,
      jti: expect.any(String),
      track_id: 't',
      version_id: 'v',
      uid: ada.id,
    })
    expect(() => readStreamToken(token, { secret, now: 1_900_000_301 })).toThrow('ExpiredSignature')
    await expect(
      jwtVerify(token, Buffer.from(secret), { currentDate: new Date(1_900_000_000_000) }),
    ).resolves.toBeDefined()
  })

  test.each([
    { role: 'creator', roles: ['User', 'Artist'] },
    { role: 'moderator', roles: ['User', 'Moderator'] },
    { role: 'admin', roles: ['User', 'Admin'] },
  ] as const)('calls a $role what the stream server does', async ({ role, roles }) => {
    expect(decodeJwt(await signStreamToken(secret, { ...ada, role }, streamed, times)).roles).toEqual(roles)
  })

  test('makes a guest number 0, each with a session of their own', async () => {
    const [one, two] = [guest(), guest()]
    const claims = readStreamToken(await signStreamToken(secret, one, streamed, times), { secret, now: 0 })
    expect(claims).toMatchObject({ sub: 0, roles: ['Guest'] })
    expect(claims).not.toHaveProperty('uid')
    expect(one.session_id).not.toBe(two.session_id)
  })
})

describe('the play token', () => {
  const keys = parseKeyRing(JSON.stringify({ kid: 'k1', key: 'access-token-secret-of-the-tests-'.repeat(2) }))
  const play = {
    track_id: 't',
    version_id: 'v',
    user_id: 'u',
    session_id: 's',
    visitor: undefined,
    share_id: undefined,
  }

  test('names the play, and never the same one twice', async () => {
    const [one, two] = [
      await signPlayToken(async () => keys, play, times),
      await signPlayToken(async () => keys, play, times),
    ]
    expect(decodeProtectedHeader(one)).toEqual({ alg: 'HS256', typ: 'play+jwt', kid: 'k1' })
    expect(decodeJwt(one)).toMatchObject({
      tid: 't',
      vid: 'v',
      sub: 'u',
      sid: 's',
      aud: 'veza-plays',
      exp: 1_900_000_300,
    })
    expect(decodeJwt(one).jti).not.toBe(decodeJwt(two).jti)
  })

  test('opens no route, though the key is the same', async () => {
    const token = await signPlayToken(async () => keys, play, times)
    const verify = createTokenVerifier({ loadKeys: async () => keys, now: () => new Date(1_900_000_000_000) })
    expect(await verify(`Bearer ${token}`)).toEqual({ reason: 'unauthenticated' })
  })
})

test.each([
  { name: 'a short track', duration_ms: 61_000, seconds: 600 },
  { name: 'exactly the least', duration_ms: 300_000, seconds: 600 },
  { name: 'a track in between', duration_ms: 300_001, seconds: 601 },
  { name: 'a very long track', duration_ms: 4 * 3_600_000, seconds: 21_600 },
  { name: 'an unknown length', duration_ms: null, seconds: 21_600 },
])('links for $name live $seconds s', ({ duration_ms, seconds }) => {
  expect(streamSeconds(duration_ms)).toBe(seconds)
})
