import { createHash } from 'node:crypto'
import { CompactSign } from 'jose/jws/compact/sign'
import type { LicensedFile } from '../license-files/pinning.ts'
import { toDecimal } from '../money/currencies.ts'
import type { Terms } from '../products/terms.ts'
import { canonicalJson } from './canonical-json.ts'
import type { CertificateDocument } from './certificate-schemas.ts'
import type { SigningKey } from './keys.ts'

/** What an item of an order says of the licence that comes of it, with the names as they are now. */
export interface LicensableItem {
  readonly order_item_id: string
  readonly order_id: string
  readonly order_number: number
  readonly currency: string
  readonly product_id: string
  readonly tier_id: string
  readonly track_ids: readonly string[]
  readonly kind: string
  readonly title: string
  readonly tier_name: string
  readonly is_exclusive: boolean
  readonly terms: Terms
  readonly contract: string
  readonly price_amount: number
  readonly discount_amount: number
  readonly seller: CertificateDocument['licensor']
  readonly seller_address: string | null
  readonly buyer: CertificateDocument['licensee']
  readonly track: CertificateDocument['track']
}

export interface CertificateFacts {
  readonly item: LicensableItem
  readonly files: readonly LicensedFile[]
  readonly serial: string
  /** With every variable filled in. */
  readonly contract: string
  readonly apiUrl: string
  readonly now: Date
}

/** All that is certified: complete in itself, so that it can be read without asking anybody. */
export function createDocument(facts: CertificateFacts): CertificateDocument {
  const { item, files, serial, contract, apiUrl, now } = facts
  const { seller, buyer, currency } = item
  const amount = item.price_amount - item.discount_amount
  const statusUrl = `${apiUrl}/api/v1/marketplace/licenses/${serial}/verify`
  return {
    schema: { id: 'veza-license-certificate', version: 1 },
    serial,
    issuer: { name: 'Veza', url: apiUrl },
    issued_at: now.toISOString(),
    licensor: seller,
    licensee: buyer,
    product: { id: item.product_id, kind: item.kind, title: item.title },
    tier: { id: item.tier_id, name: item.tier_name, is_exclusive: item.is_exclusive },
    track: item.track && asDelivered(item.track, files),
    files: [...files],
    terms: item.terms,
    contract: { sha256: sha256(contract), text: contract },
    price: { amount, currency, decimal: toDecimal(amount, currency) },
    order: { id: item.order_id, number: item.order_number, item_id: item.order_item_id },
    verification_url: statusUrl,
    revocation_url: statusUrl,
    key_set_url: `${apiUrl}/.well-known/veza-license-keys.json`,
  }
}

/** Another version may have come to play since the item was read: the one that is delivered counts. */
function asDelivered(track: NonNullable<LicensableItem['track']>, files: readonly LicensedFile[]) {
  const file = files.find(({ track_id }) => track_id === track.id)
  if (!file) return track
  const { version_id, version_number, master_sha256: sha256 } = file
  return { ...track, version_id, version_number, sha256 }
}

export const certificateType = 'veza-license+jws'

/** A compact JWS over the document, written as RFC 8785 has it. */
export const signDocument = (document: CertificateDocument, { kid, private_key }: SigningKey) =>
  new CompactSign(Buffer.from(canonicalJson(document)))
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: certificateType })
    .sign(private_key)

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
