import { randomUUID } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../../lib/auth/tokens.ts'
import { signChatToken } from '../../../lib/chat/chat-token.ts'
import { signStreamToken } from '../../../lib/media/streams/streaming.ts'
import { forgeToken, readChatToken, readStreamToken } from '../../support/peer-servers.ts'

const now = 1_900_000_000
const secret = 'chat-token-secret-of-the-tests-'.repeat(2)
const reading = { secret, now }
const ada = {
  id: randomUUID(),
  session_id: randomUUID(),
  user_number: 2 ** 31 - 1,
  username: 'ada',
  role: 'user',
} as const
const sign = (over: object = {}) => signChatToken(secret, { ...ada, ...over }, now)
const streamed = { track_id: randomUUID(), version_id: randomUUID() }
const signStream = () => signStreamToken(secret, ada, streamed, { issuedAt: now, expires: now + 600 })

test('the chat server takes the token, and finds in it whom it is about', async () => {
  const token = await sign()
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' })
  expect(readChatToken(token, reading)).toEqual({
    user_id: ada.user_number,
    username: 'ada',
    role: 'user',
    iat: now,
    exp: now + 300,
    sub: ada.id,
    sid: ada.session_id,
    jti: expect.any(String),
    permissions: ['chat:read', 'chat:write'],
    rooms: ['public'],
  })
})

test.each(['moderator', 'admin'] as const)('lets a %s moderate', async (role) => {
  expect(readChatToken(await sign({ role }), reading)).toMatchObject({
    role,
    permissions: ['chat:read', 'chat:write', 'chat:moderate'],
    rooms: ['public', 'staff'],
  })
})

test('is never the same twice', async () => {
  const [one, two] = [readChatToken(await sign(), reading), readChatToken(await sign(), reading)]
  expect(one.jti).not.toBe(two.jti)
})

test('is taken in its last second, and not one later', async () => {
  const token = await sign()
  expect(readChatToken(token, { secret, now: now + 300 })).toBeDefined()
  expect(() => readChatToken(token, { secret, now: now + 301 })).toThrow('ExpiredSignature')
})

test('fits the most that the chat server reads, with the longest name there can be', async () => {
  const token = await sign({ username: 'x'.repeat(30), role: 'moderator' })
  expect(token.length).toBeLessThan(1_024)
})

test('a token for one server is refused by the other, and by us, even under one key', async () => {
  const [chat, stream] = [await sign(), await signStream()]
  expect(() => readStreamToken(chat, reading)).toThrow('invalid sub')
  expect(() => readChatToken(stream, reading)).toThrow('invalid user_id')

  const loadKeys = async () => parseKeyRing(JSON.stringify({ kid: '1', key: secret }))
  const verify = createTokenVerifier({ loadKeys, now: () => new Date(now * 1_000) })
  for (const token of [chat, stream])
    expect(await verify(`Bearer ${token}`)).toEqual({ reason: 'unauthenticated' })
})

describe('the strict reader of the tests takes what was tried against the servers, and nothing else', () => {
  const chat = { user_id: 7, username: 'a', role: 'user', iat: now, exp: now + 300 }
  const stream = {
    sub: 7,
    username: 'a',
    roles: ['User'],
    permissions: ['StreamAudio'],
    iat: now,
    exp: now + 300,
    iss: 'veza-platform',
    aud: 'veza-services',
    session_id: 's',
  }

  test('the least that each takes', () => {
    expect(readChatToken(forgeToken(secret, chat), reading)).toEqual(chat)
    expect(readStreamToken(forgeToken(secret, stream), reading)).toEqual(stream)
  })

  test.each([
    { name: 'an audience', claims: { ...chat, aud: 'veza-services' } },
    { name: 'a list of audiences', claims: { ...chat, aud: [] } },
    { name: 'an id that is a text', claims: { ...chat, user_id: '7' } },
    { name: 'an id of more than 32 bits', claims: { ...chat, user_id: 2 ** 31 } },
    { name: 'no role', claims: { ...chat, role: undefined } },
    {
      name: 'an expiry that is no integer',
      claims: JSON.stringify(chat).replace('1900000300', '1900000300.0'),
    },
    { name: 'no expiry', claims: { ...chat, exp: undefined } },
  ])('the chat server refuses $name', ({ claims }) => {
    expect(() => readChatToken(forgeToken(secret, claims), reading)).toThrow('invalid')
  })

  test.each([
    { name: 'no audience', claims: { ...stream, aud: undefined } },
    { name: 'a list of audiences', claims: { ...stream, aud: ['veza-services'] } },
    { name: 'an id that is a text', claims: { ...stream, sub: '7' } },
    { name: 'another issuer', claims: { ...stream, iss: 'stream_server' } },
    { name: 'a role in lower case', claims: { ...stream, roles: ['user'] } },
    { name: 'an unknown permission', claims: { ...stream, permissions: ['Fly'] } },
    { name: 'no session', claims: { ...stream, session_id: undefined } },
    {
      name: 'an expiry that is no integer',
      claims: JSON.stringify(stream).replace('1900000300', '1.9000003e9'),
    },
  ])('the stream server refuses $name', ({ claims }) => {
    expect(() => readStreamToken(forgeToken(secret, claims), reading)).toThrow('invalid')
  })

  test.each(['HS512', 'HS384'])('both refuse %s', (alg) => {
    expect(() => readChatToken(forgeToken(secret, chat, alg), reading)).toThrow('InvalidAlgorithm')
    expect(() => readStreamToken(forgeToken(secret, stream, alg), reading)).toThrow('InvalidAlgorithm')
  })

  test('both refuse another key, and what is too long', () => {
    const other = 'x'.repeat(64)
    expect(() => readChatToken(forgeToken(other, chat), reading)).toThrow('InvalidSignature')
    const long = forgeToken(secret, { ...stream, username: 'x'.repeat(2_000) })
    expect(() => readStreamToken(long, reading)).toThrow('too long')
  })
})
