import { createSessionCheck } from '../../lib/auth/session-check.ts'
import { readList } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createUserService } from '../../lib/users/service.ts'
import { createUserHandlers } from './handlers.ts'
import { userRoutes } from './routes.ts'

const sql = connect(databaseSettings())

export const handler = createApi(userRoutes, createUserHandlers({ users: createUserService({ sql }) }), {
  service: 'users',
  corsOrigins: readList('CORS_ORIGINS'),
  checkSession: createSessionCheck({ sql }),
  onTimeout: sql.discard,
})
