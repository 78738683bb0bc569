import { requireFresh } from '../../lib/http/access.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { ModerationService } from '../../lib/moderation/service.ts'
import type { moderationRoutes } from './moderation-routes.ts'

export const createModerationHandlers = (
  moderation: ModerationService,
  now: () => Date,
): Handlers<typeof moderationRoutes> => ({
  listReports: ({ actor, query }) => moderation.list(actor, query),
  listReportEntries: ({ actor, params, query }) => moderation.listEntries(actor, params.report_id, query),
  resolveReport: async ({ actor, params, body, ...origin }) => {
    if (body.action === 'suspend') requireFresh(actor, now())
    await moderation.resolve(actor, params.report_id, body, origin)
    return undefined
  },
  listCommentEdits: ({ params, query }) => moderation.listEdits(params.comment_id, query),
})
