import { ingestRoutes } from './ingest-routes.ts'
import { statsRoutes } from './stats-routes.ts'

export const analyticsRoutes = { ...ingestRoutes, ...statsRoutes }
