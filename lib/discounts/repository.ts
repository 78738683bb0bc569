import type { Db } from '../db/client.ts'
import type { Discount } from './schemas.ts'

export type DiscountRow = Discount & { readonly revision: number }

const columns = (db: Db) => db`
  id, code, percent_bps, amount, currency, product_ids, min_amount, max_uses, uses, starts_at, ends_at, revision,
  created_at, updated_at
`

export type NewDiscount = Pick<
  Discount,
  | 'code'
  | 'percent_bps'
  | 'amount'
  | 'currency'
  | 'product_ids'
  | 'min_amount'
  | 'max_uses'
  | 'starts_at'
  | 'ends_at'
>

/** Undefined where the seller has the code already. */
export async function insertDiscount(
  db: Db,
  sellerId: string,
  discount: NewDiscount,
  now: Date,
): Promise<DiscountRow | undefined> {
  const [row] = await db<[DiscountRow?]>`
    insert into discounts (
      seller_id, code, percent_bps, amount, currency, product_ids, min_amount, max_uses, starts_at, ends_at,
      created_at, updated_at
    ) values (
      ${sellerId}, ${discount.code}, ${discount.percent_bps}, ${discount.amount}, ${discount.currency},
      ${discount.product_ids}::uuid[], ${discount.min_amount}, ${discount.max_uses}, ${discount.starts_at},
      ${discount.ends_at}, ${now}, ${now}
    )
    on conflict (seller_id, code) where disabled_at is null do nothing
    returning ${columns(db)}
  `
  return row
}

export async function findDiscount(db: Db, sellerId: string, discountId: string) {
  const [row] = await db<[DiscountRow?]>`
    select ${columns(db)} from discounts
    where id = ${discountId} and seller_id = ${sellerId} and disabled_at is null
  `
  return row
}

/** Its uses stay as they are until the transaction ends, as well. */
export async function lockDiscount(tx: Db, sellerId: string, discountId: string) {
  const [row] = await tx<[DiscountRow?]>`
    select ${columns(tx)} from discounts
    where id = ${discountId} and seller_id = ${sellerId} and disabled_at is null
    for no key update
  `
  return row
}

interface DiscountPlace {
  /** Only discounts older than the one with this id. */
  readonly before: string | undefined
  readonly limit: number
}

export async function listDiscounts(db: Db, sellerId: string, { before, limit }: DiscountPlace) {
  return db<DiscountRow[]>`
    select ${columns(db)} from discounts
    where seller_id = ${sellerId} and disabled_at is null ${before === undefined ? db`` : db`and id < ${before}`}
    order by id desc
    limit ${limit}
  `
}

export async function updateDiscount(tx: Db, discount: DiscountRow, now: Date): Promise<DiscountRow> {
  const [row] = await tx<[DiscountRow]>`
    update discounts
    set percent_bps = ${discount.percent_bps}, amount = ${discount.amount},
      product_ids = ${discount.product_ids}::uuid[], min_amount = ${discount.min_amount},
      max_uses = ${discount.max_uses}, starts_at = ${discount.starts_at}, ends_at = ${discount.ends_at},
      revision = revision + 1, updated_at = ${now}
    where id = ${discount.id}
    returning ${columns(tx)}
  `
  return row
}

/** What was ordered with it stays as it is, and the code may be made anew. */
export async function disableDiscount(tx: Db, discountId: string, now: Date): Promise<void> {
  await tx`
    update discounts set disabled_at = ${now}, revision = revision + 1, updated_at = ${now} where id = ${discountId}
  `
}

/** Those of these products that the seller does not have. */
export async function listUnknownProducts(
  db: Db,
  sellerId: string,
  productIds: readonly string[],
): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select wanted.id
    from unnest(${productIds}::uuid[]) as wanted (id)
    left join products p on p.id = wanted.id and p.seller_id = ${sellerId} and p.status <> 'archived'
    where p.id is null
  `
  return rows.map(({ id }) => id)
}
