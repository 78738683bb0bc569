import type { Db } from '../db/client.ts'
import type { LicensableItem } from './certificate.ts'
import type { CertificateDocument } from './certificate-schemas.ts'

/** One after the other for an order, whoever completes it. */
export const lockOrder = (db: Db, orderId: string) => db`select from orders where id = ${orderId} for update`

/** Items of the order that have no licence yet. */
export const listUnlicensedItems = (db: Db, orderId: string) => db<LicensableItem[]>`
  select i.id as order_item_id, i.order_id, o.number as order_number, o.currency, i.product_id, i.tier_id,
    i.track_ids, i.kind, i.title, i.tier_name, i.is_exclusive, i.terms, i.contract, i.price_amount, i.discount_amount,
    json_build_object(
      'id', seller.id, 'username', seller.username, 'display_name', seller.display_name, 'legal_name', s.legal_name
    ) as seller, s.legal_address as seller_address,
    json_build_object('id', buyer.id, 'username', buyer.username, 'display_name', buyer.display_name) as buyer,
    case when t.id is not null then json_build_object(
      'id', t.id, 'title', t.title, 'version_id', v.id, 'version_number', v.number, 'sha256', v.sha256
    ) end as track
  from order_items i
  join orders o on o.id = i.order_id
  join users seller on seller.id = i.seller_id
  join users buyer on buyer.id = o.buyer_id
  left join sellers s on s.user_id = i.seller_id
  left join tracks t on t.id = i.track_id
  left join track_versions v on v.id = t.current_version_id
  where i.order_id = ${orderId} and not exists (select from licenses l where l.order_item_id = i.id)
  order by i.position
`

export interface NewLicense {
  readonly item: LicensableItem
  readonly document: CertificateDocument
  readonly jws: string
  readonly kid: string
  readonly downloads_until: Date
  readonly now: Date
}

/** Undefined where the serial, or a licence of the item, is there already. */
export async function insertLicense(
  db: Db,
  { item, document, jws, kid, downloads_until, now }: NewLicense,
): Promise<string | undefined> {
  const row = {
    serial: document.serial,
    order_item_id: item.order_item_id,
    buyer_id: item.buyer.id,
    seller_id: item.seller.id,
    product_id: item.product_id,
    tier_id: item.tier_id,
    terms: db.json(item.terms),
    contract: document.contract.text,
    track_id: document.track?.id ?? null,
    version_id: document.track?.version_id ?? null,
    sha256: document.track?.sha256 ?? null,
    document: db.json(document),
    jws,
    kid,
    downloads_until,
    issued_at: now,
    status_at: now,
  }
  const [inserted] = await db<[{ id: string }?]>`
    insert into licenses ${db(row)} on conflict do nothing returning id
  `
  return inserted?.id
}

export const listLicensesOf = (db: Db, orderId: string) => db<{ license_id: string }[]>`
  select l.id as license_id
  from licenses l
  join order_items i on i.id = l.order_item_id
  where i.order_id = ${orderId}
  order by i.position
`
