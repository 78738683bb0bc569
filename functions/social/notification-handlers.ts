import { matching } from '../../lib/http/etag.ts'
import type { Handlers } from '../../lib/http/route.ts'
import { requireOneClick } from '../../lib/notifications/one-click.ts'
import type { NotificationService } from '../../lib/notifications/service.ts'
import { replyRow } from '../row-reply.ts'
import type { notificationRoutes } from './notification-routes.ts'

export const createNotificationHandlers = (
  notifications: NotificationService,
): Handlers<typeof notificationRoutes> => ({
  listNotifications: ({ actor, query }) => notifications.list(actor, query),
  countUnreadNotifications: ({ actor }) => notifications.countUnread(actor),
  markNotificationsRead: async ({ actor, body }) => {
    await notifications.markRead(actor, body)
    return undefined
  },
  getNotificationPreferences: async ({ actor }) => replyRow(await notifications.getPreferences(actor)),
  updateNotificationPreferences: async ({ actor, body, headers }) =>
    replyRow(await notifications.updatePreferences(actor, body, matching(headers))),
  unsubscribeFromMails: async ({ query, rawBody, headers }) => {
    requireOneClick(rawBody, headers['content-type'])
    return notifications.unsubscribe(query.token)
  },
  listMutedTracks: ({ actor, query }) => notifications.listMutedTracks(actor, query),
  muteTrackComments: async ({ actor, params }) => {
    await notifications.muteTrack(actor, params.track_id)
    return undefined
  },
  unmuteTrackComments: async ({ actor, params }) => {
    await notifications.unmuteTrack(actor, params.track_id)
    return undefined
  },
})
