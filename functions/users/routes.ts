import { defineRoutes } from '../../lib/http/route.ts'

export const userRoutes = defineRoutes({})
