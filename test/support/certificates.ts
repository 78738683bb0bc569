import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import type { CertificateDocument } from '../../lib/licenses/certificate-schemas.ts'
import { deriveSigningKey } from '../../lib/licenses/keys.ts'
import { basicTerms } from './paid-orders.ts'

export const signingKey = (kid: string, secret = kid.repeat(32)) =>
  deriveSigningKey(parseKeyRing(JSON.stringify({ kid, key: secret })), kid)

const id = '01890000-0000-7000-8000-000000000000'
const sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const url = 'https://api.veza.test'
const statusUrl = `${url}/api/v1/marketplace/licenses/VZ-0123-4567-89AB-CDEF/verify`

/** Nobody's, for tests of what is made of a document. */
export const sampleDocument = (fields: Partial<CertificateDocument> = {}): CertificateDocument => ({
  schema: { id: 'veza-license-certificate', version: 1 },
  serial: 'VZ-0123-4567-89AB-CDEF',
  issuer: { name: 'Veza', url },
  issued_at: '2026-12-01T12:00:00.000Z',
  licensor: { id, username: 'ada', display_name: 'Ada', legal_name: 'Ada Lovelace Ltd' },
  licensee: { id, username: 'ben', display_name: 'Ben Söderström' },
  product: { id, kind: 'track_license', title: 'Low Tide' },
  tier: { id, name: 'Basic', is_exclusive: false },
  track: { id, title: 'Low Tide', version_id: id, version_number: 3, sha256 },
  files: [
    {
      track_id: id,
      title: 'Low Tide',
      artist: 'Ada',
      version_id: id,
      version_number: 3,
      format: 'master',
      sha256,
      master_sha256: sha256,
    },
  ],
  terms: basicTerms,
  contract: { sha256, text: 'The licensee may make one new work.' },
  price: { amount: 2_999, currency: 'usd', decimal: '29.99' },
  order: { id, number: 17, item_id: id },
  verification_url: statusUrl,
  revocation_url: statusUrl,
  key_set_url: `${url}/.well-known/veza-license-keys.json`,
  ...fields,
})
