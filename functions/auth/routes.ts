import { accountRoutes } from './account-routes.ts'
import { auditRoutes } from './audit-routes.ts'
import { emailRoutes } from './email-routes.ts'
import { factorRoutes } from './factor-routes.ts'
import { noticeRoutes } from './notice-routes.ts'
import { passkeyRoutes } from './passkey-routes.ts'
import { passwordRoutes } from './password-routes.ts'
import { sessionRoutes } from './session-routes.ts'

export const authRoutes = {
  ...accountRoutes,
  ...passwordRoutes,
  ...emailRoutes,
  ...auditRoutes,
  ...factorRoutes,
  ...noticeRoutes,
  ...passkeyRoutes,
  ...sessionRoutes,
}
