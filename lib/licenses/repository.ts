import type { Db } from '../db/client.ts'
import type { CertificateDocument } from './certificate-schemas.ts'
import type { License, LicenseStatus, Verification } from './schemas.ts'

const shown = (db: Db) => db`
  l.id, l.serial, l.status, l.status_reason, (d."order" ->> 'id')::uuid as order_id, l.order_item_id,
  d.licensor as seller, d.product, d.tier, l.terms, d.track, l.downloads_allowed, l.downloads_used, l.downloads_until,
  l.issued_at, l.revision
`

/** Only what is shown of the document, which holds the whole contract. */
const documents = (db: Db) => db`
  cross join lateral jsonb_to_record(l.document)
    as d ("order" jsonb, licensor jsonb, product jsonb, tier jsonb, track jsonb)
`

export interface LicenseFilter {
  readonly buyer_id: string
  /** Only what is older than this one. */
  readonly before: string | undefined
  readonly limit: number
}

/** Newest first. */
export const listLicenses = (db: Db, { buyer_id, before, limit }: LicenseFilter) => db<License[]>`
  select ${shown(db)}
  from licenses l ${documents(db)}
  where l.buyer_id = ${buyer_id} ${before === undefined ? db`` : db`and l.id < ${before}`}
  order by l.id desc
  limit ${limit}
`

export async function findLicense(db: Db, id: string, buyerId: string): Promise<License | undefined> {
  const [row] = await db<[License?]>`
    select ${shown(db)} from licenses l ${documents(db)} where l.id = ${id} and l.buyer_id = ${buyerId}
  `
  return row
}

export interface CertificateRow {
  readonly serial: string
  readonly jws: string
  readonly document: CertificateDocument
  readonly status: LicenseStatus
  readonly status_at: Date
  readonly revision: number
}

export async function findCertificate(
  db: Db,
  id: string,
  buyerId: string,
): Promise<CertificateRow | undefined> {
  const [row] = await db<[CertificateRow?]>`
    select serial, jws, document, status, status_at, revision
    from licenses
    where id = ${id} and buyer_id = ${buyerId}
  `
  return row
}

export interface Look {
  readonly serial: string
  readonly ip: string
  readonly now: Date
}

/** Writes down that somebody has looked, and answers what they see. */
export async function verifyLicense(db: Db, { serial, ip, now }: Look): Promise<Verification | undefined> {
  const [row] = await db<[Verification?]>`
    with found as (
      select id, status, document -> 'product' ->> 'title' as product, document -> 'tier' ->> 'name' as tier, issued_at
      from licenses
      where serial = ${serial}
    ), noted as (
      insert into license_verifications (license_id, at, ip)
      select id, ${now}, ${ip || null}::inet from found
    )
    select status = 'active' as valid, status, product, tier, issued_at from found
  `
  return row
}
