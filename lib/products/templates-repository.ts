import type { Db } from '../db/client.ts'
import type { Terms } from './terms.ts'

export interface TemplateText {
  readonly terms: Terms
  readonly contract: string
}

/** Those of the seller's templates that have these ids, for tiers that are made from them. */
export async function findTemplateTexts(
  db: Db,
  sellerId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, TemplateText>> {
  if (ids.length === 0) return new Map()
  const rows = await db<({ id: string } & TemplateText)[]>`
    select id, terms, contract from license_templates
    where seller_id = ${sellerId} and id = any(${ids}::uuid[])
  `
  return new Map(rows.map(({ id, ...text }) => [id, text]))
}
