import { commentRoutes } from './comment-routes.ts'
import { feedRoutes } from './feed-routes.ts'
import { notificationRoutes } from './notification-routes.ts'
import { reportRoutes } from './report-routes.ts'

export const socialRoutes = {
  ...notificationRoutes,
  ...feedRoutes,
  ...reportRoutes,
  ...commentRoutes,
}
