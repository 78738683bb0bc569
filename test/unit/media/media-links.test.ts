import { createVerify, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { parse } from 'content-disposition'
import { createMediaLinks } from '../../../lib/media/delivery/media-links.ts'

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}
const pairs: Readonly<Record<string, Pair>> = {
  'ECDSA P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'RSA 2048': generateKeyPairSync('rsa', { modulusLength: 2048 }),
}
const pair = pairs['ECDSA P-256']!
const secretOf = ({ privateKey }: Pick<Pair, 'privateKey'>) =>
  JSON.stringify({ key_pair_id: 'K1', private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) })
const linksWith = (secret: string) =>
  createMediaLinks({
    mediaUrl: 'https://media.example',
    secrets: { read: async (id) => (id === 'media-key' ? secret : '') },
    keySecretId: 'media-key',
  })
const links = linksWith(secretOf(pair))
const expires_at = new Date('2027-01-01T00:00:00.900Z')
const seconds = '1798761600'
const key = 'originals/0198/abc'

/** As CloudFront does: the policy is made of the address without what signs it. */
function verify(url: string, publicKey: KeyObject): boolean {
  const [base, expires, signature] =
    /^(.*)[?&]Expires=(\d+)&Key-Pair-Id=K1&Signature=([^&]+)&Hash-Algorithm=SHA256$/.exec(url)!.slice(1)
  const policy = `{"Statement":[{"Resource":"${base}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`
  const bytes = Buffer.from(
    signature!.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'),
    'base64',
  )
  return createVerify('sha256').update(policy).verify(publicKey, bytes)
}

test('gives the address of an open object as it is', () => {
  expect(links.open('images/abc/256.webp')).toBe('https://media.example/images/abc/256.webp')
  expect(links.open('waveforms/v/abc.json')).toBe('https://media.example/waveforms/v/abc.json')
})

test.each(Object.entries(pairs))(
  'signs by %s for one object and one second',
  async (_, { publicKey, privateKey }) => {
    const url = await linksWith(secretOf({ privateKey })).sign(key, { expires_at })
    expect(url).toMatch(new RegExp(`^https://media\\.example/${key}\\?Expires=${seconds}&`))
    expect(verify(url, publicKey)).toBe(true)
  },
)

test('a signature opens neither another object, nor for longer, nor under another name', async () => {
  const url = await links.sign(key, { expires_at, filename: 'Ada - x.flac' })
  expect(verify(url, pair.publicKey)).toBe(true)
  for (const changed of [
    url.replace('/abc', '/abd'),
    url.replace(seconds, String(Number(seconds) + 1)),
    url.replace('Ada', 'Bob'),
    url.replace('https:', 'http:'),
  ]) {
    expect(changed).not.toBe(url)
    expect(verify(changed, pair.publicKey)).toBe(false)
  }
})

test('a signature by another key opens nothing', async () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const url = await linksWith(secretOf(other)).sign(key, { expires_at })
  expect(verify(url, pair.publicKey)).toBe(false)
})

test('carries name and type as S3 is to answer them, under the signature', async () => {
  const url = await links.sign(key, { expires_at, filename: `Ad"a; é\r\n.flac`, content_type: 'audio/flac' })
  const { searchParams } = new URL(url)
  expect(parse(searchParams.get('response-content-disposition')!)).toMatchObject({
    type: 'attachment',
    parameters: { filename: "Ad'a; é.flac" },
  })
  expect(searchParams.get('response-content-type')).toBe('audio/flac')
  expect(verify(url, pair.publicKey)).toBe(true)
})

test.each(['originals/a', 'previews/a', 'uploads/a', '../images/a', 'exports/a', ''])(
  'does not call %s open',
  (name) => {
    expect(() => links.open(name)).toThrow('not open')
  },
)

test.each(['images/a', 'waveforms/a', 'originals/images/a', 'uploads/a', ''])(
  'does not sign for %s',
  async (name) => {
    await expect(links.sign(name, { expires_at })).rejects.toThrow('not delivered by signature')
  },
)

test.each(['hush-hush', '{"key_pair_id":"hush-hush"}'])(
  'says nothing of a secret that holds no key pair',
  async (secret) => {
    const error = await linksWith(secret)
      .sign(key, { expires_at })
      .catch((thrown: Error) => thrown)
    expect(error).toBeInstanceOf(Error)
    expect(String((error as Error).stack)).not.toContain('hush-hush')
  },
)
