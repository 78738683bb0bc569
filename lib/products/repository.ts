import type { Db } from '../db/client.ts'
import type { Viewer } from '../tracks/visibility.ts'
import {
  isListed,
  isVisible,
  type ProductRow,
  productColumns,
  productTables,
  type WholeProductRow,
} from './columns.ts'
import type { CreateProduct, ListProducts, Product } from './schemas.ts'

export interface NewProduct extends Pick<CreateProduct, 'kind' | 'title' | 'description'> {
  readonly seller_id: string
  readonly track_id: string | null
  readonly status: 'draft' | 'published'
}

export async function insertProduct(tx: Db, product: NewProduct, now: Date): Promise<string> {
  const [row] = await tx<[{ id: string }]>`
    insert into products ${tx({ ...product, created_at: now, updated_at: now })} returning id
  `
  return row.id
}

export async function findProduct(
  db: Db,
  productId: string,
  viewer: Viewer,
  now: Date,
): Promise<WholeProductRow | undefined> {
  const [row] = await db<[WholeProductRow?]>`
    select ${productColumns(db, now, { isWhole: true })}
    from ${productTables(db)}
    where p.id = ${productId} and ${isVisible(db, viewer)}
  `
  return row
}

interface ProductPlace {
  /** Only products older than the one with this id. */
  readonly before: string | undefined
  readonly limit: number
}

export type ProductFilters = Omit<ListProducts, 'limit' | 'cursor' | 'seller'> & {
  readonly seller_id: string | undefined
}

/** Newest first; all of their own to whoever sells them. */
export async function listProducts(
  db: Db,
  viewer: Viewer,
  { seller_id, track_id, kind, currency }: ProductFilters,
  { before, limit }: ProductPlace,
  now: Date,
): Promise<ProductRow[]> {
  const isOwn = viewer.id !== undefined && viewer.id === seller_id
  return db<ProductRow[]>`
    select ${productColumns(db, now)}
    from ${productTables(db)}
    where ${isOwn ? db`p.status <> 'archived'` : isListed(db, viewer)}
      ${seller_id === undefined ? db`` : db`and p.seller_id = ${seller_id}`}
      ${track_id === undefined ? db`` : db`and p.track_id = ${track_id}`}
      ${kind === undefined ? db`` : db`and p.kind = ${kind}`}
      ${currency === undefined ? db`` : db`and ${hasCurrency(db, currency)}`}
      ${before === undefined ? db`` : db`and p.id < ${before}`}
    order by p.id desc
    limit ${limit}
  `
}

const hasCurrency = (db: Db, currency: string) => db`exists (
  select from product_tiers r where r.product_id = p.id and r.removed_at is null and r.currency = ${currency}
)`

/** Null where nobody has the name. */
export async function findSellerId(db: Db, username: string): Promise<string | null> {
  const [row] = await db<[{ id: string }?]>`select id from users where username = ${username}`
  return row?.id ?? null
}

/** What is in a sample pack, in its order. */
export async function listTrackIds(db: Db, productId: string): Promise<string[]> {
  const rows = await db<{ track_id: string }[]>`
    select track_id from product_tracks where product_id = ${productId} order by position
  `
  return rows.map(({ track_id }) => track_id)
}

export interface HeldProduct {
  readonly id: string
  readonly kind: Product['kind']
  readonly track_id: string | null
  readonly status: Product['status']
  readonly revision: number
}

/**
 * Locks a product that the user sells, and the track that it is about before it, as everybody does who changes what is
 * sold of a track.
 */
export async function lockOwnProduct(
  tx: Db,
  productId: string,
  sellerId: string,
): Promise<HeldProduct | undefined> {
  await tx`
    select from tracks t
    where t.id = (select track_id from products where id = ${productId} and seller_id = ${sellerId})
    for no key update
  `
  const [row] = await tx<[HeldProduct?]>`
    select id, kind, track_id, status, revision from products
    where id = ${productId} and seller_id = ${sellerId} and status <> 'archived'
    for no key update
  `
  return row
}

export interface ProductChanges {
  readonly title?: string
  readonly description?: string
  readonly status: 'draft' | 'published' | 'sold' | 'archived'
}

export async function markUpdated(tx: Db, productId: string, changes: ProductChanges, now: Date) {
  await tx`
    update products set ${tx({ ...changes, updated_at: now })}, revision = revision + 1 where id = ${productId}
  `
}
