import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { timestamp } from '../../http/route.ts'
import { license as licenseView } from '../../licenses/schemas.ts'
import type { PublicTelling } from '../define.ts'

const { id, status, status_reason, order_id, order_item_id, downloads_allowed, downloads_used } =
  licenseView.shape

const license = z.object({
  id,
  /** Told to the buyer alone: with it anybody can ask whether the licence is valid. */
  serial: z.nullable(z.string()),
  status,
  status_reason,
  order_id,
  order_item_id,
  buyer_id: z.uuid(),
  seller_id: z.uuid(),
  product_id: z.uuid(),
  tier_id: z.uuid(),
  track_id: z.nullable(z.uuid()),
  /** As it was sold. */
  title: z.string(),
  tier_name: z.string(),
  is_exclusive: z.boolean(),
  downloads_allowed,
  downloads_used,
  downloads_until: timestamp,
  issued_at: timestamp,
})

export const licenseData = z.object({ role: z.enum(['buyer', 'seller']), license })
export type LicenseData = z.output<typeof licenseData>

async function findLicense(db: Db, licenseId: string): Promise<LicenseData['license'] | undefined> {
  const [row] = await db<[LicenseData['license']?]>`
    select
      l.id, l.serial, l.status, l.status_reason, i.order_id, l.order_item_id, l.buyer_id, l.seller_id, l.product_id,
      l.tier_id, l.track_id, i.title, i.tier_name, i.is_exclusive, l.downloads_allowed, l.downloads_used,
      l.downloads_until, l.issued_at
    from licenses l
    join order_items i on i.id = l.order_item_id
    where l.id = ${licenseId}
  `
  return row
}

/** Buyer and seller. */
export async function tellBoth(db: Db, licenseId: string): Promise<PublicTelling<LicenseData>[]> {
  const whole = await findLicense(db, licenseId)
  if (!whole) return []
  return [
    { account_id: whole.buyer_id, data: { role: 'buyer', license: whole } },
    { account_id: whole.seller_id, data: { role: 'seller', license: { ...whole, serial: null } } },
  ]
}

export const exampleLicense = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9107',
  serial: 'VZ-7K2M-9QXD-4TNA-HB',
  status: 'active',
  status_reason: null,
  order_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9100',
  order_item_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9101',
  buyer_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9106',
  seller_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9104',
  product_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9102',
  tier_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9103',
  track_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9105',
  title: 'Low Tide',
  tier_name: 'Lease',
  is_exclusive: false,
  downloads_allowed: 10,
  downloads_used: 0,
  downloads_until: '2027-12-01T09:02:01.000Z',
  issued_at: '2026-12-01T09:02:01.000Z',
} as const
