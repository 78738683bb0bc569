import { permissionsOf } from '../auth/permissions.ts'
import type { Db, Fragment } from '../db/client.ts'
import { isUnblocked } from '../relations/hiding.ts'
import type { Viewer } from '../tracks/visibility.ts'
import { personOf } from '../users/person.ts'
import type { Product, WholeProduct } from './schemas.ts'

export type ProductRow = Product & { readonly revision: number }
export type WholeProductRow = WholeProduct & { readonly revision: number }

/**
 * What a statement about products reads from: `p` the product, `o` who sells it, `t` the track that it is about, `s`
 * whether it is on sale.
 */
export const productTables = (db: Db): Fragment => db`
  products p
  join users o on o.id = p.seller_id
  left join tracks t on t.id = p.track_id
  left join products_on_sale s on s.id = p.id
`

/** A product as anybody sees it, of `productTables`. */
export const productColumns = (db: Db, now: Date, { isWhole = false } = {}): Fragment => db`
  p.id, ${personOf(db, 'o')} as seller, p.kind, p.track_id,
  array(select i.track_id from product_tracks i where i.product_id = p.id order by i.position) as track_ids,
  p.title, p.description, p.status, p.revision, p.created_at, p.updated_at,
  (
    select json_agg(json_build_object(
      'id', r.id, 'name', r.name, 'price_amount', r.price_amount, 'is_price_open', r.is_price_open,
      'currency', r.currency, 'is_exclusive', r.is_exclusive, 'is_available', ${isAvailable(db, now)}, 'license', r.license
      ${isWhole ? db`, 'contract', r.contract` : db``}
    ) order by r.position)
    from product_tiers r
    where r.product_id = p.id and r.removed_at is null
  ) as tiers
`

/** Whether the seller may sell, as it is now. */
const maySell = (db: Db, now: Date): Fragment => db`(
  o.role = any(${sellingRoles}::text[]) and (o.suspended_at is null or o.suspended_until <= ${now})
)`

const sellingRoles = Object.entries(permissionsOf).flatMap(([role, may]) =>
  may.has('market.sell') ? role : [],
)

/** Whether the seller is there, and stays. */
const isSelling = (db: Db): Fragment => db`(o.deletes_at is null and o.deleted_at is null)`

/** Whether somebody has the track of `p` for themselves, or is about to. */
export const isTaken = (db: Db, now: Date): Fragment => db`exists (
  select from exclusive_claims c
  where c.track_id = p.track_id and (c.state = 'sold' or (c.state = 'reserved' and c.expires_at > ${now}))
)`

/** Whether the tier `r` of `p` can be ordered. */
export const isAvailable = (db: Db, now: Date): Fragment => db`(
  r.removed_at is null and ${isSelling(db)} and ${maySell(db, now)} and s.id is not null and (r.price_amount = 0 or s.takes_payments)
  and not (r.is_exclusive and ${isTaken(db, now)})
)`

/** Whether anybody may come upon it, in lists. */
export const isListed = (db: Db, { id }: Viewer): Fragment => db`(
  p.status = 'published' and ${isSelling(db)}
  and (
    p.track_id is null
    or (t.deleted_at is null and t.hidden_at is null and t.status = 'ready' and t.visibility = 'public')
  )
  and ${isUnblocked(db, id, db`p.seller_id`)}
)`

/** Whether the viewer may see it who knows where it is: theirs unless taken back, others' once it is or was on sale. */
export const isVisible = (db: Db, { id }: Viewer): Fragment => {
  const isOut = db`
    p.status in ('published', 'sold') and ${isSelling(db)} and t.hidden_at is null
    and ${isUnblocked(db, id, db`p.seller_id`)}
  `
  return id === undefined
    ? db`(${isOut})`
    : db`((p.seller_id = ${id} and p.status <> 'archived') or (${isOut}))`
}
