import * as z from 'zod/mini'
import { page, timestamp } from '../http/route.ts'
import { terms } from '../products/terms.ts'
import { certificateDocument } from './certificate-schemas.ts'

const { product, tier, track, licensor } = certificateDocument.shape

export const licenseStatus = z.enum(['active', 'frozen', 'revoked'])
export type LicenseStatus = z.output<typeof licenseStatus>

export const licenseParams = z.object({ license_id: z.uuid() })

/** With the names as they were when it was sold. */
export const license = z.object({
  id: z.uuid(),
  serial: z.string(),
  status: licenseStatus,
  /** Why it is not active: `refund`, `dispute`, `dispute_lost`. */
  status_reason: z.nullable(z.string()),
  order_id: z.uuid(),
  order_item_id: z.uuid(),
  seller: licensor,
  product,
  tier,
  terms,
  track,
  downloads_allowed: z.int(),
  downloads_used: z.int(),
  downloads_until: timestamp,
  issued_at: timestamp,
  revision: z.int(),
})
export type License = z.output<typeof license>

export const licensePage = page(license)

export const certificate = z.object({
  jws: z.string().check(
    z.meta({
      description:
        'A compact JWS (EdDSA) over `document`, its payload written as RFC 8785 has it. The keys are at `/.well-known/veza-license-keys.json`.',
    }),
  ),
  document: certificateDocument,
})

/** As somebody has typed it off a certificate; whatever it is, it is asked for alike. */
export const serialParams = z.object({ serial: z.string().check(z.maxLength(100)) })

/** No more than whoever holds the certificate knows anyway. */
export const verification = z.object({
  valid: z.boolean(),
  status: licenseStatus,
  product: z.string(),
  tier: z.string(),
  issued_at: timestamp,
})
export type Verification = z.output<typeof verification>
