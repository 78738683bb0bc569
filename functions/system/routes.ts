import { defineRoutes } from '../../lib/http/route.ts'

export const systemRoutes = defineRoutes({})
