import type { Handlers } from '../../lib/http/route.ts'
import type { NoticeService } from '../../lib/notices/service.ts'
import type { noticeRoutes } from './notice-routes.ts'

export function createNoticeHandlers(notices: NoticeService): Handlers<typeof noticeRoutes> {
  return {
    disownNotice: async ({ body, ...origin }) => {
      await notices.disown(body.token, origin)
      return undefined
    },
  }
}
