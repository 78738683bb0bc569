import { accountRoutes } from './account-routes.ts'
import { auditRoutes } from './audit-routes.ts'
import { factorRoutes } from './factor-routes.ts'
import { sessionRoutes } from './session-routes.ts'

export const authRoutes = { ...accountRoutes, ...auditRoutes, ...factorRoutes, ...sessionRoutes }
