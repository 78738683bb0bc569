import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import { pageById } from '../http/id-page.ts'
import { prepareFilesOf } from '../license-files/pinning.ts'
import type { WholeProductRow } from './columns.ts'
import { findObstacle, findTracks, mustBeOwn } from './publishing.ts'
import { invalid } from './refusals.ts'
import {
  findProduct,
  findSellerId,
  type HeldProduct,
  insertProduct,
  listProducts,
  listTrackIds,
  lockOwnProduct,
  markUpdated,
} from './repository.ts'
import type { CreateProduct, GivenTier, ListProducts, UpdateProduct } from './schemas.ts'
import { findTemplateTexts } from './templates-repository.ts'
import { completeTiers, type Offer, planTiers, type Tier } from './tiers.ts'
import { changeTiers, listTiers, replaceContents } from './tiers-repository.ts'

export interface ProductDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type ProductService = ReturnType<typeof createProductService>

export function createProductService({ sql, now = () => new Date() }: ProductDependencies) {
  const get = async (actor: Actor | undefined, productId: string): Promise<WholeProductRow> => {
    const product = await findProduct(sql, productId, { id: actor?.id }, now())
    if (!product) throw new AppError('not_found')
    return product
  }

  return {
    get,

    async create(actor: Actor, { tiers, track_ids, status, ...product }: CreateProduct) {
      const id = await sql.begin(async (tx) => {
        const at = now()
        const contents = { track_id: product.track_id, track_ids }
        const tracks = await findTracks(tx, actor.id, contents)
        mustBeOwn(tracks, contents)
        const offers = await complete(tx, actor.id, tiers, [])
        mustDeliver(product.kind, offers)
        const obstacle = await findObstacle(tx, actor.id, tracks, offers)
        if (status === 'published' && obstacle) throw obstacle
        const row = {
          ...product,
          seller_id: actor.id,
          track_id: product.track_id ?? null,
          status: status ?? (obstacle ? 'draft' : 'published'),
        } as const
        const id = await insertProduct(tx, row, at)
        if (track_ids) await replaceContents(tx, id, track_ids)
        await changeTiers(tx, id, planTiers([], offers), at)
        if (row.status === 'published') await prepareFilesOf(tx, id, at)
        return id
      })
      return get(actor, id)
    },

    async list(actor: Actor | undefined, { limit, cursor, seller, ...filters }: ListProducts) {
      const seller_id = seller === undefined ? undefined : await findSellerId(sql, seller)
      if (seller_id === null) return { data: [], has_more: false, next_cursor: null }
      const scope = `products:${JSON.stringify([seller_id, filters.track_id, filters.kind, filters.currency])}`
      return pageById(scope, { limit, cursor }, (before, limit) =>
        listProducts(sql, { id: actor?.id }, { ...filters, seller_id }, { before, limit }, now()),
      )
    },

    async update(actor: Actor, productId: string, changes: UpdateProduct, confirm: Confirm) {
      await sql.begin(async (tx) => {
        const product = await lockOwnProduct(tx, productId, actor.id)
        if (!product) throw new AppError('not_found')
        confirm(product)
        mustFit(product, changes)
        if (Object.keys(changes).length > 0) await change(tx, actor.id, product, changes, now())
      })
      return get(actor, productId)
    },

    /** Orders and licences of it stay as they are. */
    remove: (actor: Actor, productId: string, confirm: Confirm): Promise<void> =>
      sql.begin(async (tx) => {
        const product = await lockOwnProduct(tx, productId, actor.id)
        if (!product) throw new AppError('not_found')
        confirm(product)
        await markUpdated(tx, productId, { status: 'archived' }, now())
      }),
  }
}

async function complete(tx: Db, sellerId: string, given: readonly GivenTier[], present: readonly Tier[]) {
  const ids = given.flatMap(({ template_id }) => template_id ?? [])
  return completeTiers(given, { present, templates: await findTemplateTexts(tx, sellerId, ids) })
}

/** What a product of another kind, or one that is sold, has no use for. */
function mustFit({ kind, status }: HeldProduct, { track_ids, tiers = [], ...changes }: UpdateProduct): void {
  const exclusive = tiers.findIndex(({ is_exclusive }) => is_exclusive)
  if (exclusive >= 0 && kind !== 'track_license') throw ofAnotherKind(`tiers/${exclusive}/is_exclusive`)
  if (track_ids && kind !== 'sample_pack') throw ofAnotherKind('track_ids')
  if (status === 'sold' && (tiers.length > 0 || changes.status !== undefined)) {
    throw new AppError('conflict', 'An exclusive licence of its track is sold')
  }
}

/** Stems are tracks of their own, which a licence of one track does not have. */
function mustDeliver(kind: HeldProduct['kind'], offers: readonly Offer[]): void {
  const at = offers.findIndex(({ terms }) => terms.files.includes('stems'))
  if (at >= 0 && kind === 'track_license') throw ofAnotherKind(`tiers/${at}/license/files`)
}

const ofAnotherKind = (member: string) =>
  invalid({
    pointer: `#/body/${member}`,
    code: 'not_of_this_kind',
    detail: 'A product of this kind does not have it',
  })

async function change(
  tx: Db,
  sellerId: string,
  product: HeldProduct,
  { tiers, track_ids, title, description, status = product.status as 'draft' }: UpdateProduct,
  at: Date,
): Promise<void> {
  const present = await listTiers(tx, product.id)
  const offers: readonly Offer[] = tiers ? await complete(tx, sellerId, tiers, present) : present
  if (tiers) mustDeliver(product.kind, offers)
  const contents = {
    track_id: product.track_id,
    track_ids: track_ids ?? (await listTrackIds(tx, product.id)),
  }
  const isOffered = status === 'published' && (product.status === 'draft' || tiers || track_ids)
  if (isOffered || track_ids) {
    const tracks = await findTracks(tx, sellerId, contents)
    if (track_ids) mustBeOwn(tracks, contents)
    const obstacle = await findObstacle(tx, sellerId, tracks, offers)
    if (isOffered && obstacle) throw obstacle
  }
  const texts = { ...(title !== undefined && { title }), ...(description !== undefined && { description }) }
  await markUpdated(tx, product.id, { ...texts, status }, at)
  if (track_ids) await replaceContents(tx, product.id, track_ids)
  if (tiers) await changeTiers(tx, product.id, planTiers(present, offers), at)
  if (status === 'published') await prepareFilesOf(tx, product.id, at)
}
