import { createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureMediaKey, storeMediaKey } from '../../../infra/local/media-key.ts'
import { createTemplate } from '../../../infra/local/template.ts'
import { createMediaLinks } from '../../../lib/media/delivery/media-links.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'veza-key-'))
afterAll(() => rmSync(directory, { recursive: true }))

function secretsOf(initial: string) {
  const puts: string[] = []
  return {
    puts,
    value: () => puts.at(-1) ?? initial,
    put: (_: string, value: string) => void puts.push(value),
  }
}

const templateWith = (publicKey: string, variables = { MEDIA_KEY_SECRET_ARN: 'media-key' }) =>
  createTemplate(
    new Map([
      [
        'Stack',
        {
          Resources: {
            Key: {
              Type: 'AWS::CloudFront::PublicKey',
              Properties: { PublicKeyConfig: { EncodedKey: publicKey } },
            },
            Tracks: { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: variables } } },
          },
        },
      ],
    ]),
    {},
  )

test('makes one pair for a data directory, which nobody else may read', () => {
  const key = ensureMediaKey(directory)
  expect(ensureMediaKey(directory)).toEqual(key)
  expect(statSync(path.join(directory, 'media-key.pem')).mode & 0o077).toBe(0)
})

test('puts it where functions look for it, once, and what they sign is known by its id', async () => {
  const key = ensureMediaKey(directory)
  const template = templateWith(key.publicKey)
  const secrets = secretsOf('generated')
  storeMediaKey(key, template, secrets)
  storeMediaKey(key, template, secrets)
  expect(secrets.puts).toHaveLength(1)

  const read = async () => secrets.value()
  const links = createMediaLinks({ mediaUrl: 'http://media', secrets: { read }, keySecretId: 'media-key' })
  const url = new URL(await links.sign('originals/a', { expires_at: new Date(1_800_000_000_000) }))

  expect(url.searchParams.get('Key-Pair-Id')).toBe(template.ofType('AWS::CloudFront::PublicKey')[0]!.ref)
  const policy =
    '{"Statement":[{"Resource":"http://media/originals/a","Condition":{"DateLessThan":{"AWS:EpochTime":1800000000}}}]}'
  const signature = url.searchParams
    .get('Signature')!
    .replaceAll('-', '+')
    .replaceAll('_', '=')
    .replaceAll('~', '/')
  expect(
    verify('sha256', Buffer.from(policy), createPublicKey(key.publicKey), Buffer.from(signature, 'base64')),
  ).toBe(true)
})

test.each([
  { name: 'the public half', template: templateWith('another') },
  { name: 'the secret', template: templateWith(ensureMediaKey(directory).publicKey, {} as never) },
])('says so where the template has no place for $name', ({ template }) => {
  expect(() => storeMediaKey(ensureMediaKey(directory), template, secretsOf(''))).toThrow('no place')
})
