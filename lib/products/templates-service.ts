import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import { presets } from './presets.ts'
import type { CreateTemplate, UpdateTemplate } from './template-schemas.ts'
import {
  deleteTemplate,
  findTemplate,
  insertTemplate,
  listTemplates,
  lockTemplate,
  type TemplateRow,
  updateTemplate,
} from './templates-repository.ts'
import { withTerms } from './terms.ts'

export interface TemplateDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type TemplateService = ReturnType<typeof createTemplateService>

export function createTemplateService({ sql, now = () => new Date() }: TemplateDependencies) {
  return {
    create(actor: Actor, { name, preset, terms, contract }: CreateTemplate): Promise<TemplateRow> {
      const from = presets[preset]
      const body = { name, terms: withTerms(from.terms, terms), contract: contract ?? from.contract }
      return insertTemplate(sql, actor.id, body, now())
    },

    list: (actor: Actor, query: PageQuery) =>
      pageById(`license_templates:${actor.id}`, query, (before, limit) =>
        listTemplates(sql, actor.id, { before, limit }),
      ),

    async get(actor: Actor, templateId: string): Promise<TemplateRow> {
      const row = await findTemplate(sql, actor.id, templateId)
      if (!row) throw new AppError('not_found')
      return row
    },

    update: (actor: Actor, templateId: string, changes: UpdateTemplate, confirm: Confirm) =>
      sql.begin(async (tx) => {
        const row = await lock(tx, actor, templateId, confirm)
        if (Object.keys(changes).length === 0) return row
        const { name = row.name, terms = {}, contract = row.contract } = changes
        return updateTemplate(tx, { ...row, name, terms: withTerms(row.terms, terms), contract }, now())
      }),

    remove: (actor: Actor, templateId: string, confirm: Confirm): Promise<void> =>
      sql.begin(async (tx) => {
        await lock(tx, actor, templateId, confirm)
        await deleteTemplate(tx, templateId)
      }),
  }
}

async function lock(tx: Db, actor: Actor, templateId: string, confirm: Confirm): Promise<TemplateRow> {
  const row = await lockTemplate(tx, actor.id, templateId)
  if (!row) throw new AppError('not_found')
  confirm(row)
  return row
}
