import { ingestRoutes } from './ingest-routes.ts'

export const analyticsRoutes = { ...ingestRoutes }
