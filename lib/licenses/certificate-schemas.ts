import * as z from 'zod/mini'

const party = { id: z.uuid(), username: z.string(), display_name: z.string() }

/** What is said of a licence and signed, as docs/licences.md tells it to those who verify. */
export const certificateDocument = z.object({
  schema: z.object({ id: z.literal('veza-license-certificate'), version: z.literal(1) }),
  serial: z.string(),
  issuer: z.object({ name: z.string(), url: z.string() }),
  issued_at: z.string(),
  licensor: z.object({ ...party, legal_name: z.nullable(z.string()) }),
  licensee: z.object(party),
  product: z.object({ id: z.uuid(), kind: z.string(), title: z.string() }),
  tier: z.object({ id: z.uuid(), name: z.string(), is_exclusive: z.boolean() }),
  track: z.nullable(
    z.object({
      id: z.uuid(),
      title: z.string(),
      version_id: z.nullable(z.uuid()),
      version_number: z.nullable(z.int()),
      sha256: z.nullable(z.string()),
    }),
  ),
  files: z.array(
    z.object({
      track_id: z.uuid(),
      title: z.string(),
      artist: z.string(),
      version_id: z.uuid(),
      version_number: z.int(),
      format: z.string(),
      /** Null for what was still to be made from the master then. */
      sha256: z.nullable(z.string()),
      master_sha256: z.string(),
    }),
  ),
  terms: z.record(z.string(), z.json()),
  contract: z.object({ sha256: z.string(), text: z.string() }),
  /** In minor units, and as it is written. */
  price: z.object({ amount: z.int(), currency: z.string(), decimal: z.string() }),
  order: z.object({ id: z.uuid(), number: z.int(), item_id: z.uuid() }),
  verification_url: z.string(),
  revocation_url: z.string(),
  key_set_url: z.string(),
})
export type CertificateDocument = z.output<typeof certificateDocument>

/** As the key set shows a key (RFC 8037). */
export const publicJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
  use: z.literal('sig'),
  alg: z.literal('EdDSA'),
})
export type PublicJwk = z.output<typeof publicJwk>

export const keySet = z.object({ keys: z.array(publicJwk) })
