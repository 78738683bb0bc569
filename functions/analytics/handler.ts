import { createApi } from '../../lib/http/api.ts'
import { composeApi } from '../compose.ts'
import { analyticsRoutes } from './routes.ts'

const { api } = composeApi('analytics')

export const handler = createApi(analyticsRoutes, {}, api)
