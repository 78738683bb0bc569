import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { jest } from '@jest/globals'
import { CompactEncrypt } from 'jose'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createAccessTokenSigner, createTokenVerifier } from '../../../lib/auth/tokens.ts'

/** Tokens put together by hand, byte by byte: a library would not make most of them (RFC 8725, ASVS 9.1 and 9.2). */
const key = 'k'.repeat(64)
const now = new Date('2026-01-01T12:00:00Z')
const seconds = now.getTime() / 1000

const loads: (number | undefined)[] = []
const verify = createTokenVerifier({
  loadKeys: async (maxAgeMs) => {
    loads.push(maxAgeMs)
    return parseKeyRing(JSON.stringify({ kid: '1', key }))
  },
  now: () => now,
})
const judge = (token: string) => verify(`Bearer ${token}`)
const refused = { reason: 'unauthenticated' }

const header = { alg: 'HS256', typ: 'at+jwt', kid: '1' }
const claims = {
  iss: 'veza',
  aud: 'veza-api',
  sub: randomUUID(),
  sid: randomUUID(),
  tv: 1,
  role: 'user',
  auth_time: seconds,
  acr: 'aal1',
  iat: seconds,
  nbf: seconds,
  exp: seconds + 900,
  jti: randomUUID(),
}

const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
const hmac = (text: string, secret: string | Buffer = key, hash = 'sha256') =>
  createHmac(hash, secret).update(text).digest('base64url')

/** Signed with the right key, whatever its parts say. */
function forge(changes: { header?: object | string; claims?: object | string } = {}) {
  const { header: head = {}, claims: body = {} } = changes
  const parts = [
    typeof head === 'string' ? head : { ...header, ...head },
    typeof body === 'string' ? body : { ...claims, ...body },
  ]
  const text = parts.map(encode).join('.')
  return `${text}.${hmac(text)}`
}

test('takes what it is made of when nothing of it is changed', async () => {
  expect(await judge(forge())).toMatchObject({ actor: { id: claims.sub }, expires_at: claims.exp })
})

describe('the algorithm', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', '', 'HS384', 'HS512', 'RS256', 'ES256', 'EdDSA', 'dir'])(
    'is never the one that the token asks for: %j',
    async (alg) => {
      const text = [{ ...header, alg }, claims].map(encode).join('.')

      expect(await judge(`${text}.`)).toEqual(refused)
      expect(await judge(`${text}.${hmac(text)}`)).toEqual(refused)
      expect(await judge(`${text}.${hmac(text, key, 'sha512')}`)).toEqual(refused)
    },
  )

  test.each([{ alg: null }, { alg: 256 }, { alg: ['HS256'] }, { alg: { HS256: true } }, { alg: undefined }])(
    'is a text: %j',
    async (changes) => {
      expect(await judge(forge({ header: changes }))).toEqual(refused)
    },
  )

  test.each<{ name: string; pair: () => { publicKey: KeyObject; privateKey: KeyObject } }>([
    { name: 'RSA', pair: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
    { name: 'P-256', pair: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  ])(
    'of a public key ($name) is no HMAC with that key as the secret, nor its signature',
    async ({ pair }) => {
      const { publicKey, privateKey } = pair()
      const text = [header, claims].map(encode).join('.')
      const pem = publicKey.export({ type: 'spki', format: 'pem' })
      const der = publicKey.export({ type: 'spki', format: 'der' })

      for (const signature of [
        hmac(text, pem),
        hmac(text, der),
        sign('sha256', Buffer.from(text), privateKey).toString('base64url'),
      ]) {
        expect(await judge(`${text}.${signature}`)).toEqual(refused)
      }
    },
  )

  test.each(['', 'secret', '0'.repeat(64), 'k', 'k'.repeat(63)])(
    'is not satisfied by another secret: %j',
    async (secret) => {
      const text = [header, claims].map(encode).join('.')

      expect(await judge(`${text}.${hmac(text, secret)}`)).toEqual(refused)
    },
  )
})

describe('the key', () => {
  test.each([
    { name: 'a path', kid: '../../etc/passwd' },
    { name: '/dev/null', kid: '/dev/null' },
    { name: 'a query', kid: "1' union select 'k" },
    { name: 'a property of every object', kid: '__proto__' },
    { name: 'another one', kid: 'constructor' },
    { name: 'nothing', kid: '' },
    { name: 'null', kid: null },
    { name: 'a number', kid: 1 },
    { name: 'a list', kid: ['1'] },
    { name: 'an object', kid: { toString: '1' } },
    { name: 'much', kid: '1'.repeat(1_000_000) },
    { name: 'the name with a NUL', kid: '1\0' },
  ])('is not found by a kid that is $name', async ({ kid }) => {
    expect(await judge(forge({ header: { kid } }))).toEqual(refused)

    const text = [{ ...header, kid }, claims].map(encode).join('.')
    expect(await judge(`${text}.${hmac(text, '')}`)).toEqual(refused)
  })

  test('is looked up anew only for a kid that is a text', async () => {
    loads.length = 0
    await judge(forge({ header: { kid: ['2'] } }))
    expect(loads).toEqual([])

    await judge(forge({ header: { kid: '2' } }))
    expect(loads).toEqual([undefined, 30_000])
  })

  test.each(['jku', 'x5u'])('is not fetched from where %s says', async (name) => {
    const asked = jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('asked'))
    const head = { [name]: 'https://evil.example/keys.json' }
    const text = [{ ...header, ...head }, claims].map(encode).join('.')

    expect(await judge(`${text}.${hmac(text, 'e'.repeat(64))}`)).toEqual(refused)
    expect(await judge(forge({ header: head }))).toMatchObject({ actor: { id: claims.sub } })
    expect(asked).not.toHaveBeenCalled()
    asked.mockRestore()
  })

  test('is not the one that the token brings along', async () => {
    const brought = Buffer.from('e'.repeat(64))
    const jwk = { kty: 'oct', k: brought.toString('base64url'), alg: 'HS256' }
    const text = [{ ...header, jwk }, claims].map(encode).join('.')

    expect(await judge(`${text}.${hmac(text, brought)}`)).toEqual(refused)
  })
})

describe('the header', () => {
  test.each([
    { name: 'another typ', changes: { typ: 'JWT' } },
    { name: "a chat token's typ", changes: { typ: 'chat+jwt' } },
    { name: 'a list as typ', changes: { typ: ['at+jwt'] } },
    { name: 'a critical extension', changes: { crit: ['exp'], exp: 0 } },
    { name: 'an unknown critical extension', changes: { crit: ['veza'], veza: true } },
    { name: 'an empty crit', changes: { crit: [] } },
    { name: 'a payload that is not encoded', changes: { crit: ['b64'], b64: false } },
  ])('is refused with $name', async ({ changes }) => {
    expect(await judge(forge({ header: changes }))).toEqual(refused)
  })

  test.each(['[]', 'null', '"HS256"', '1', '{', '', '{"alg":"HS256"', '\ufeff{}'])(
    'is an object: %j',
    async (text) => {
      expect(await judge(forge({ header: text }))).toEqual(refused)
    },
  )

  test('named twice counts as it is verified, by the last', async () => {
    const twice = (first: string, last: string) =>
      forge({ header: `{"alg":"${first}","typ":"at+jwt","kid":"1","alg":"${last}"}` })

    expect(await judge(twice('HS256', 'none'))).toEqual(refused)
    expect(await judge(twice('none', 'HS256'))).toMatchObject({ actor: { role: 'user' } })
  })
})

describe('the claims', () => {
  const chat = {
    aud: 'veza-chat',
    iss: 'veza',
    room_ids: ['1'],
    permissions: ['send'],
    session_id: claims.sid,
  }
  const stream = {
    iss: 'veza-platform',
    aud: 'veza-services',
    session_id: claims.sid,
    track_id: randomUUID(),
  }

  test.each([
    { name: 'a chat token', claims: chat },
    { name: 'a stream token', claims: stream },
    { name: 'a token for two audiences', claims: { aud: ['veza-api', 'veza-chat'] } },
    { name: 'a token for a list of one', claims: { aud: ['veza-api'] } },
    { name: 'a token of another issuer', claims: { iss: 'https://veza' } },
    { name: 'a token of two issuers', claims: { iss: ['veza', 'evil'] } },
  ])('of $name are not those of an access token, even under its key', async ({ claims: changes }) => {
    expect(await judge(forge({ claims: changes }))).toEqual(refused)
  })

  test.each([
    { name: 'a chat token', claims: chat },
    { name: 'a stream token', claims: stream },
    { name: 'an access token', claims: {} },
  ])("of $name under another audience's key are refused", async ({ claims: changes }) => {
    const text = [header, { ...claims, ...changes }].map(encode).join('.')

    expect(await judge(`${text}.${hmac(text, 'c'.repeat(64))}`)).toEqual(refused)
  })

  test.each(Object.keys(claims))('are refused without %s', async (name) => {
    expect(await judge(forge({ claims: { [name]: undefined } }))).toEqual(refused)
    expect(await judge(forge({ claims: { [name]: null } }))).toEqual(refused)
  })

  test.each<{ name: string; value: unknown }>([
    ...['root', 'ADMIN', '', ['admin'], { admin: true }, 1, '__proto__'].map((value) => ({
      name: 'role',
      value,
    })),
    ...['sub', 'sid', 'jti'].flatMap((name) =>
      ['me', '', 7, [claims.sub], `${claims.sub}'--`, `${claims.sub}\n`, `${claims.sub.toUpperCase()}G`].map(
        (value) => ({ name, value }),
      ),
    ),
    ...['1', 1.5, true, [1], 1e20].map((value) => ({ name: 'tv', value })),
    ...['aal3', 'AAL2', 2, ['aal2']].map((value) => ({ name: 'acr', value })),
    ...['now', 0.5, {}, 1e300].map((value) => ({ name: 'auth_time', value })),
    ...['exp', 'nbf', 'iat'].flatMap((name) =>
      [String(seconds), seconds + 0.5, true, [seconds], {}].map((value) => ({ name, value })),
    ),
    { name: 'exp', value: 1e300 },
  ])('are refused with $name $value', async ({ name, value }) => {
    expect(await judge(forge({ claims: { [name]: value } }))).toEqual(refused)
  })

  test.each([
    { name: 'are from the future', claims: { iat: seconds + 31 } },
    { name: 'count from the future', claims: { nbf: seconds + 31 } },
  ])('are refused when they $name', async ({ claims: changes }) => {
    expect(await judge(forge({ claims: changes }))).toEqual(refused)
  })

  test('are taken within the skew of two clocks', async () => {
    expect(await judge(forge({ claims: { iat: seconds + 30, nbf: seconds + 30 } }))).toMatchObject({
      actor: { id: claims.sub },
    })
  })

  test.each(['[]', 'null', '"veza"', '{', '', 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln'])(
    'are an object: %j',
    async (text) => {
      expect(await judge(forge({ claims: text }))).toEqual(refused)
    },
  )

  test('named twice count once, by the last, whichever that is', async () => {
    const twice = (first: string, last: string) =>
      JSON.stringify(claims).replace('"role":"user"', `"role":"${first}","role":"${last}"`)

    expect(await judge(forge({ claims: twice('admin', 'user') }))).toMatchObject({ actor: { role: 'user' } })
    expect(await judge(forge({ claims: twice('user', 'root') }))).toEqual(refused)
  })
})

describe('the whole', () => {
  test('of a token within a token is refused', async () => {
    const nested = forge({ header: { cty: 'JWT' }, claims: forge() })

    expect(await judge(nested)).toEqual(refused)
  })

  test('of an encrypted token is refused', async () => {
    const secret = Buffer.from(key.slice(0, 32))
    const sealed = await new CompactEncrypt(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ ...header, alg: 'dir', enc: 'A256GCM' })
      .encrypt(secret)

    expect(await judge(sealed)).toEqual(refused)
  })

  test('of a huge token is refused before anything is computed', async () => {
    const huge = forge({ claims: { padding: 'x'.repeat(5_000_000) } })
    loads.length = 0

    expect(await judge(huge)).toEqual(refused)
    expect(loads).toEqual([])
  })

  test.each([
    { name: 'two parts', cut: (parts: string[]) => parts.slice(0, 2) },
    { name: 'four parts', cut: (parts: string[]) => [...parts, 'x'] },
    { name: 'no signature', cut: ([head, body]: string[]) => [head, body, ''] },
    { name: 'half a signature', cut: ([head, body, end]: string[]) => [head, body, end!.slice(0, 20)] },
    { name: 'an unsafe letter', cut: ([head, body, end]: string[]) => [head, body, `${end!.slice(1)}!`] },
  ])('of $name is refused', async ({ cut }) => {
    expect(await judge(cut(forge().split('.')).join('.'))).toEqual(refused)
  })

  test('of what the signer makes is taken', async () => {
    const signer = createAccessTokenSigner({
      loadKeys: async () => parseKeyRing(JSON.stringify({ kid: '1', key })),
      ttlSeconds: 900,
      now: () => now,
    })
    const actor = {
      id: randomUUID(),
      session_id: randomUUID(),
      role: 'admin',
      token_version: 7,
      auth_time: seconds,
      acr: 'aal2',
    } as const

    expect(await judge(await signer.sign(actor))).toEqual({ actor, expires_at: seconds + 900 })
  })
})
