import { toOpenApi } from '../../lib/http/openapi.ts'
import type { Route } from '../../lib/http/route.ts'
import { routeGroups } from '../routes.ts'

export const everyRoute = Object.values(routeGroups).flatMap((routes) => Object.values<Route>(routes))

export const describeRoutes = (version: string) => toOpenApi({ title: 'Veza API', version }, routeGroups)
