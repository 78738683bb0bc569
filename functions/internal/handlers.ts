import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { CallbackResult, CallbackService } from '../../lib/media/streams/callback-service.ts'
import type { PlayService } from '../../lib/plays/service.ts'
import type { RevocationService } from '../../lib/revocations/service.ts'
import type { internalRoutes } from './routes.ts'

export interface InternalServices {
  readonly callbacks: CallbackService
  readonly plays: PlayService
  readonly revocations: RevocationService
}

export function createInternalHandlers({
  callbacks,
  plays,
  revocations,
}: InternalServices): Handlers<typeof internalRoutes> {
  return {
    getTrackSource: ({ params, query }) => callbacks.source(params.track_id, query.version_id),
    reportStreamReady: async ({ params, body }) => reply(await callbacks.ready(params.track_id, body)),
    reportStreamFailed: async ({ params, body }) => reply(await callbacks.failed(params.track_id, body)),
    listRevocations: ({ query }) => revocations.list(query),
    reportPlays: async ({ body }) => ({ results: await plays.report(body.plays) }),
  }
}

const reply = (result: CallbackResult) => new Reply(undefined, { status: result === 'accepted' ? 204 : 200 })
