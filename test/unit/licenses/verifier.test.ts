import { createHmac } from 'node:crypto'
import { signDocument } from '../../../lib/licenses/certificate.ts'
import { sampleDocument, signingKey } from '../../support/certificates.ts'
import { loadDocumentedVerifier } from '../../support/documented-verifier.ts'

const verifyCertificate = await loadDocumentedVerifier()
const [key, next] = [signingKey('license-1'), signingKey('license-2')]
const keySet = { keys: [key.public_jwk, next.public_jwk] }
const document = sampleDocument()
const jws = await signDocument(document, key)
const [header = '', payload = '', signature = ''] = jws.split('.')

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString())
const others = async () =>
  (await signDocument(sampleDocument({ serial: 'VZ-0000-0000-0000-0000' }), key)).split('.')

test('the lines of docs/licences.md verify a certificate by the published keys', () => {
  expect(verifyCertificate(jws, keySet)).toEqual(document)
})

test('they go by the key that the certificate names, after a rotation too', async () => {
  expect(verifyCertificate(await signDocument(document, next), keySet)).toEqual(document)
  expect(() => verifyCertificate(jws, { keys: [next.public_jwk] })).toThrow('No certificate of Veza')
})

const forgeries: readonly [name: string, forge: () => string | Promise<string>][] = [
  [
    'another price',
    () => `${header}.${encode({ ...document, price: { ...document.price, amount: 1 } })}.${signature}`,
  ],
  [
    'another licensee',
    () => `${header}.${encode({ ...document, licensee: document.licensor })}.${signature}`,
  ],
  ['the signature of another certificate', async () => `${header}.${payload}.${(await others())[2]}`],
  ['the payload of another certificate', async () => `${header}.${(await others())[1]}.${signature}`],
  [
    'the name of another key',
    () => `${encode({ ...decode(header), kid: 'license-2' })}.${payload}.${signature}`,
  ],
  ['the name of no key', () => `${encode({ ...decode(header), kid: 'license-9' })}.${payload}.${signature}`],
  ['no name of a key', () => `${encode({ alg: 'EdDSA', typ: 'veza-license+jws' })}.${payload}.${signature}`],
  ['no algorithm', () => `${encode({ ...decode(header), alg: 'none' })}.${payload}.`],
  [
    'no algorithm but the signature',
    () => `${encode({ ...decode(header), alg: 'none' })}.${payload}.${signature}`,
  ],
  [
    'the public key as a secret',
    () => {
      const signed = `${encode({ ...decode(header), alg: 'HS256' })}.${payload}`
      return `${signed}.${createHmac('sha256', key.public_jwk.x).update(signed).digest('base64url')}`
    },
  ],
  ['another type', () => `${encode({ ...decode(header), typ: 'JWT' })}.${payload}.${signature}`],
  ['no signature', () => `${header}.${payload}.`],
  ['half a signature', () => `${header}.${payload}.${signature.slice(0, 40)}`],
  ['another part', () => `${jws}.${signature}`],
  [
    'the same name for a key of one’s own',
    () => signDocument(document, signingKey('license-1', 'mine'.repeat(8))),
  ],
  [
    'one’s own key in the header',
    async () => {
      const own = signingKey('own')
      const [, body, proof] = (await signDocument(document, own)).split('.')
      return `${encode({ ...decode(header), jwk: own.public_jwk })}.${body}.${proof}`
    },
  ],
]

test.each(forgeries)('they refuse a certificate with %s', async (_, forge) => {
  const forged = await forge()

  expect(forged).not.toBe(jws)
  expect(() => verifyCertificate(forged, keySet)).toThrow(/No certificate of Veza|not what Veza has signed/)
})
