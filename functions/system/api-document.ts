import { toOpenApi } from '../../lib/http/openapi.ts'
import { routeGroups } from '../routes.ts'

export const describeRoutes = (version: string) => toOpenApi({ title: 'Veza API', version }, routeGroups)
