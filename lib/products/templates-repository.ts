import type { Db } from '../db/client.ts'
import type { Template } from './template-schemas.ts'

export type TemplateRow = Template & { readonly revision: number }
export type TemplateText = Pick<Template, 'terms' | 'contract'>
type TemplateBody = Pick<Template, 'name' | 'terms' | 'contract'>

const columns = (db: Db) => db`id, name, terms, contract, revision, created_at, updated_at`

export async function insertTemplate(
  db: Db,
  sellerId: string,
  { name, terms, contract }: TemplateBody,
  now: Date,
): Promise<TemplateRow> {
  const [row] = await db<[TemplateRow]>`
    insert into license_templates (seller_id, name, terms, contract, created_at, updated_at)
    values (${sellerId}, ${name}, ${db.json(terms)}, ${contract}, ${now}, ${now})
    returning ${columns(db)}
  `
  return row
}

export async function findTemplate(db: Db, sellerId: string, templateId: string) {
  const [row] = await db<[TemplateRow?]>`
    select ${columns(db)} from license_templates where id = ${templateId} and seller_id = ${sellerId}
  `
  return row
}

export async function lockTemplate(tx: Db, sellerId: string, templateId: string) {
  const [row] = await tx<[TemplateRow?]>`
    select ${columns(tx)} from license_templates
    where id = ${templateId} and seller_id = ${sellerId}
    for no key update
  `
  return row
}

interface TemplatePlace {
  /** Only templates older than the one with this id. */
  readonly before: string | undefined
  readonly limit: number
}

export async function listTemplates(db: Db, sellerId: string, { before, limit }: TemplatePlace) {
  return db<TemplateRow[]>`
    select ${columns(db)} from license_templates
    where seller_id = ${sellerId} ${before === undefined ? db`` : db`and id < ${before}`}
    order by id desc
    limit ${limit}
  `
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

export async function updateTemplate(
  tx: Db,
  { id, name, terms, contract }: TemplateRow,
  now: Date,
): Promise<TemplateRow> {
  const [row] = await tx<[TemplateRow]>`
    update license_templates
    set name = ${name}, terms = ${tx.json(terms)}, contract = ${contract}, revision = revision + 1, updated_at = ${now}
    where id = ${id}
    returning ${columns(tx)}
  `
  return row
}

export async function deleteTemplate(tx: Db, templateId: string): Promise<void> {
  await tx`delete from license_templates where id = ${templateId}`
}
