import { accountRoutes } from './account-routes.ts'
import { sessionRoutes } from './session-routes.ts'

export const authRoutes = { ...accountRoutes, ...sessionRoutes }
