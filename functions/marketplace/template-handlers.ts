import { matching } from '../../lib/http/etag.ts'
import type { Handlers } from '../../lib/http/route.ts'
import { contractVariables } from '../../lib/products/contract.ts'
import { presetId, presets } from '../../lib/products/presets.ts'
import type { TemplateService } from '../../lib/products/templates-service.ts'
import { replyRow } from '../row-reply.ts'
import type { templateRoutes } from './template-routes.ts'

const presetList = {
  data: presetId.options.map((id) => ({ id, ...presets[id] })),
  variables: Object.entries(contractVariables).map(([name, meaning]) => ({ name, meaning })),
}

export function createTemplateHandlers(templates: TemplateService): Handlers<typeof templateRoutes> {
  return {
    listLicensePresets: async () => presetList,
    createLicenseTemplate: async ({ actor, body }) => replyRow(await templates.create(actor, body)),
    listLicenseTemplates: ({ actor, query }) => templates.list(actor, query),
    getLicenseTemplate: async ({ actor, params }) => replyRow(await templates.get(actor, params.template_id)),
    updateLicenseTemplate: async ({ actor, params, body, headers }) =>
      replyRow(await templates.update(actor, params.template_id, body, matching(headers))),
    deleteLicenseTemplate: async ({ actor, params, headers }) => {
      await templates.remove(actor, params.template_id, matching(headers))
      return undefined
    },
  }
}
