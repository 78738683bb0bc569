import { defineRoutes } from '../../lib/http/route.ts'

export const marketplaceRoutes = defineRoutes({})
