import { createRefusalAudit } from '../lib/audit/refusals.ts'
import { createSecrets } from '../lib/aws/secrets.ts'
import { createCache } from '../lib/cache/cache.ts'
import { readList, requireEnv } from '../lib/config.ts'
import { connect, databaseSettings } from '../lib/db/client.ts'
import { createRunOnce } from '../lib/http/idempotency.ts'
import { createRateLimiter } from '../lib/http/rate-limit.ts'
import { serveMediaFrom } from '../lib/media/delivery/open-url.ts'
import { createSessionCheck } from '../lib/sessions/session-check.ts'

/** What every function that serves routes stands on, with the settings that they have in common. */
export function composeApi(service: string) {
  serveMediaFrom(requireEnv('MEDIA_URL'))
  const sql = connect(databaseSettings())
  const cache = createCache({ sql, url: process.env.CACHE_URL })
  return {
    sql,
    cache,
    secrets: createSecrets(),
    api: {
      service,
      corsOrigins: readList('CORS_ORIGINS'),
      checkSession: createSessionCheck({ sql }),
      takeCall: createRateLimiter({ cache }),
      runOnce: createRunOnce({ sql }),
      onRefused: createRefusalAudit({ sql, cache }),
      onTimeout: sql.discard,
    },
  }
}
