import type { IntakeService } from '../../lib/analytics/ingest/intake.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { ingestRoutes } from './ingest-routes.ts'

export const createIngestHandlers = (intake: IntakeService): Handlers<typeof ingestRoutes> => ({
  reportEvents: async ({ actor, body, rawBody, ip, userAgent, headers }) => ({
    results: await intake.take(body, { actor, ip, userAgent, headers, sizeBytes: rawBody.length }),
  }),
})
