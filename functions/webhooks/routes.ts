import { defineRoutes } from '../../lib/http/route.ts'

export const webhookRoutes = defineRoutes({})
