import type { Db } from '../db/client.ts'
import type { Tier, TierPlan } from './tiers.ts'

/** Those that a product has now, in their order. */
export async function listTiers(db: Db, productId: string): Promise<Tier[]> {
  return db<Tier[]>`
    select id, name, price_amount, is_price_open, currency, is_exclusive, license as terms, contract
    from product_tiers
    where product_id = ${productId} and removed_at is null
    order by position
  `
}

/** All others are taken off sale; orders still point to them. */
export async function changeTiers(tx: Db, productId: string, { kept, added }: TierPlan, now: Date) {
  const ids = kept.map(({ id }) => id)
  await tx`
    update product_tiers set removed_at = ${now}
    where product_id = ${productId} and removed_at is null and id <> all(${ids}::uuid[])
  `
  await tx`
    update product_tiers r set position = k.position
    from unnest(${ids}::uuid[], ${kept.map(({ position }) => position)}::int[]) as k (id, position)
    where r.id = k.id and r.position <> k.position
  `
  if (added.length === 0) return
  await tx`
    insert into product_tiers ${tx(
      added.map(({ terms, ...tier }) => ({
        ...tier,
        product_id: productId,
        license: tx.json(terms),
        created_at: now,
      })),
    )}
  `
}

/** What is in a sample pack from now on. */
export async function replaceContents(tx: Db, productId: string, trackIds: readonly string[]) {
  await tx`delete from product_tracks where product_id = ${productId}`
  await tx`
    insert into product_tracks (product_id, track_id, position)
    select ${productId}, id, place
    from unnest(${trackIds}::uuid[]) with ordinality as given (id, place)
  `
}
