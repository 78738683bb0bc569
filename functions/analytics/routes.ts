import { defineRoutes } from '../../lib/http/route.ts'

export const analyticsRoutes = defineRoutes({})
