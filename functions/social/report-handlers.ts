import type { Handlers } from '../../lib/http/route.ts'
import type { ReportingService } from '../../lib/moderation/reporting.ts'
import type { UserService } from '../../lib/users/service.ts'
import { orMoved } from '../users/moved.ts'
import type { reportRoutes } from './report-routes.ts'

export const createReportHandlers = (
  reports: ReportingService,
  users: Pick<UserService, 'findByName'>,
): Handlers<typeof reportRoutes> => ({
  reportComment: async ({ actor, params, body }) => {
    await reports.reportComment(actor, params.comment_id, body)
    return undefined
  },
  reportTrack: async ({ actor, params, body }) => {
    await reports.reportTrack(actor, params.track_id, body)
    return undefined
  },
  reportUser: async ({ actor, params, body }) =>
    orMoved(await users.findByName(actor, params.username), '/report', async ({ id }) => {
      await reports.reportUser(actor, id, body)
      return undefined
    }),
})
