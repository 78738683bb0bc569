import { eventRoutes } from './event-routes.ts'

export const webhookRoutes = { ...eventRoutes }
