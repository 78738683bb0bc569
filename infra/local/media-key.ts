import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Secrets } from './aws/secrets.ts'
import type { Template } from './template.ts'

/** PEM, both halves. */
export interface MediaKey {
  readonly publicKey: string
  readonly privateKey: string
}

/** The pair that signs links to media here, made on the first start: what docs/delivery.md has an operator do. */
export function ensureMediaKey(dataDir: string): MediaKey {
  const file = path.join(dataDir, 'media-key.pem')
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  }
  const privateKey = readFileSync(file, 'utf8')
  const publicKey = createPublicKey(createPrivateKey(privateKey))
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

/** Puts the private half where the functions that sign look for it, under the id of the public one. */
export function storeMediaKey(
  { privateKey, publicKey }: MediaKey,
  template: Pick<Template, 'ofType'>,
  secrets: Pick<Secrets, 'value' | 'put'>,
): void {
  const known = template
    .ofType('AWS::CloudFront::PublicKey')
    .find(({ properties }) => (properties.PublicKeyConfig as PublicKeyConfig).EncodedKey === publicKey)
  const secretId = template.ofType('AWS::Lambda::Function').map(secretOf).find(Boolean)
  if (!known || !secretId) throw new Error('The template has no place for the key of the media links')
  const pair = JSON.stringify({ key_pair_id: known.ref, private_key: privateKey })
  if (secrets.value(secretId) !== pair) secrets.put(secretId, pair)
}

interface PublicKeyConfig {
  readonly EncodedKey: string
}

const secretOf = ({ properties }: { readonly properties: Readonly<Record<string, unknown>> }) =>
  (properties.Environment as { Variables?: Record<string, string> } | undefined)?.Variables
    ?.MEDIA_KEY_SECRET_ARN
