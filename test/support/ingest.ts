import { randomUUID } from 'node:crypto'
import { createIngestHandlers } from '../../functions/analytics/ingest-handlers.ts'
import { ingestRoutes } from '../../functions/analytics/ingest-routes.ts'
import { trackRoutes } from '../../functions/tracks/routes.ts'
import { createClientReader } from '../../lib/analytics/clients/client.ts'
import { createSalts } from '../../lib/analytics/clients/salts.ts'
import { createIntakeService } from '../../lib/analytics/ingest/intake.ts'
import { createIngestWriter } from '../../lib/analytics/ingest/writer.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import type { Clock } from './accounts.ts'
import { browser, type CallOptions, call, unlimited } from './api.ts'
import { playKeys } from './streams.ts'
import { createTrackApi } from './track-api.ts'

export interface Message {
  readonly id: string
  readonly body: unknown
}

/** Reports on their way from clients to rows, with a queue that a test empties when it likes. */
export function createAnalytics(sql: Sql, clock: Clock) {
  const tracks = createTrackApi(sql, clock.now)
  const queued: Message[] = []
  const faults = { isRefusing: false, isBroken: false }
  const actors = new Map<string, Actor>()

  const queue = {
    async send(messages: readonly { id: string; body: string }[]) {
      if (faults.isBroken) throw new Error('The queue does not answer')
      if (faults.isRefusing) return []
      queued.push(...messages.map(({ id, body }) => ({ id, body: JSON.parse(body) })))
      return messages.map(({ id }) => id)
    },
  }
  const createHandler = (db: Sql) =>
    createApi(
      ingestRoutes,
      createIngestHandlers(
        createIntakeService({
          sql: db,
          queue,
          loadKeys: async () => playKeys,
          readClient: createClientReader({ readSalt: createSalts({ sql: db }), now: clock.now }),
          now: clock.now,
        }),
      ),
      {
        service: 'analytics',
        corsOrigins: [],
        takeCall: unlimited,
        verifyToken: async (header) => {
          const actor = actors.get(header ?? '')
          return actor && { actor, expires_at: 4_000_000_000 }
        },
      },
    )
  const handler = createHandler(sql)
  const writer = createIngestWriter({ sql, now: clock.now })

  const join = async (name?: string) => {
    const actor = await tracks.join(name)
    actors.set(actor.id, actor)
    return actor
  }

  const report = (events: readonly unknown[], { who, ...options }: ReportOptions = {}) =>
    call(handler, ingestRoutes.reportEvents, {
      userAgent: browser,
      ...options,
      headers: { ...options.headers, ...(who && { authorization: who.id }) },
      body: { events, ...(options.consent !== undefined && { consent: options.consent }) },
    })

  const statusesOf = async (events: readonly unknown[], options: ReportOptions = {}) => {
    const { status, body, text } = await report(events, options)
    if (status !== 202) throw new Error(text)
    return body.results.map((one) => one.code ?? one.status)
  }

  const stream = async (track_id: string, who?: Actor, options: CallOptions = {}) => {
    const answer = await tracks.request(trackRoutes.streamTrack, who, { params: { track_id }, ...options })
    if (!answer.body.play_token) throw new Error(answer.text)
    return answer.body.play_token
  }

  const at = () => clock.now().toISOString()

  return {
    tracks,
    writer,
    queued,
    faults,
    join,
    report,
    statusesOf,
    stream,
    createHandler,
    event: (type: string, members: object = {}) => ({ id: randomUUID(), at: at(), type, ...members }),
    beat: (play_token: string, from_ms: number, to_ms: number, members: object = {}) => ({
      id: randomUUID(),
      at: at(),
      type: 'play_heartbeat',
      play_token,
      from_ms,
      to_ms,
      ...members,
    }),
    /** Writes down all that is queued. */
    async deliver() {
      return writer.write(queued.splice(0))
    },
  }
}

export type ReportOptions = CallOptions & { readonly who?: Actor; readonly consent?: boolean }
