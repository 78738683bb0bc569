import { randomUUID } from 'node:crypto'
import { createTrackHandlers, type TrackServices } from '../../functions/tracks/handlers.ts'
import { trackRoutes } from '../../functions/tracks/routes.ts'
import { createSalts } from '../../lib/analytics/clients/salts.ts'
import { createVisitorHash } from '../../lib/analytics/clients/visitors.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import type { Route } from '../../lib/http/route.ts'
import { createPostgresSearch } from '../../lib/search/postgres-search.ts'
import { createTrackDeletionService } from '../../lib/tracks/deletion-service.ts'
import { createTrackLists } from '../../lib/tracks/lists.ts'
import { createReactionService } from '../../lib/tracks/reaction-service.ts'
import { createTrackService } from '../../lib/tracks/service.ts'
import { createShareService } from '../../lib/tracks/shares/service.ts'
import { createUploadRetry } from '../../lib/uploads/retry.ts'
import { createUploadService, type UploadStore } from '../../lib/uploads/service.ts'
import { browser, type CallOptions, call, unlimited } from './api.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { createTestStreams } from './streams.ts'
import { seedActor } from './tracks.ts'

/** The services behind the routes of tracks, as their function composes them. */
export function composeTrackServices(
  sql: Sql,
  now: () => Date,
  store: UploadStore = createMemoryStorage('uploads').uploads!,
): TrackServices {
  const streams = createTestStreams(sql, now)
  const hashVisitor = createVisitorHash({ readSalt: createSalts({ sql }), now })
  return {
    tracks: createTrackService({ sql, now }),
    lists: createTrackLists({ sql, search: createPostgresSearch({ sql }) }),
    trackDeletions: createTrackDeletionService({ sql, now }),
    reactions: createReactionService({ sql, now }),
    shares: createShareService({ sql, streams, hashVisitor, appUrl: 'https://app.test', now }),
    uploads: createUploadService({ sql, store, now }),
    retryUpload: createUploadRetry({ sql, relay: { flushSoon: async () => {} }, now }),
    streams,
  }
}

/** The routes of tracks, called by people who are signed in with their name. */
export function createTrackApi(sql: Sql, now: () => Date = () => new Date()) {
  const actors = new Map<string, Actor>()
  const createHandler = (db: Sql) =>
    createApi(trackRoutes, createTrackHandlers(composeTrackServices(db, now)), {
      service: 'tracks',
      corsOrigins: [],
      takeCall: unlimited,
      verifyToken: async (header) => {
        const actor = actors.get(header ?? '')
        return actor && { actor, expires_at: 4_000_000_000 }
      },
    })
  const handler = createHandler(sql)

  const request = <R extends Route>(
    route: R,
    actor: Actor | undefined,
    { handler: other = handler, ...given }: CallOptions & { handler?: typeof handler } = {},
  ) => {
    const options = { userAgent: browser, ...given }
    if (route.auth === 'user') return call(other, route, { actor, ...options })
    const headers = { ...options.headers, ...(actor && { authorization: actor.id }) }
    return call(other, route, { ...options, headers })
  }

  const join = async (name?: string) => {
    const actor = await seedActor(sql, name)
    actors.set(actor.id, actor)
    return actor
  }

  const createTrack = async (owner: Actor, body: Readonly<Record<string, unknown>> = {}) => {
    const { body: track, text } = await request(trackRoutes.createTrack, owner, {
      body: { title: 'Low Tide', rights_confirmed: true, ...body },
    })
    if (!track.id) throw new Error(text)
    return track.id
  }

  /** A track that plays; public unless said otherwise. */
  const createReady = async (owner: Actor, body: Readonly<Record<string, unknown>> = {}, version = {}) => {
    const id = await createTrack(owner, { visibility: 'public', ...body })
    await makeReady(sql, id, version)
    return id
  }

  return { request, handler, createHandler, join, createTrack, createReady }
}

/** As if the pipeline had run: the track plays a version. */
export async function makeReady(
  sql: Sql,
  trackId: string,
  { duration_ms = 61_000 as number | null, embedded_tags = {} as Record<string, unknown> } = {},
) {
  const key = `originals/${randomUUID()}/ab`
  await sql`
    with upload as (
      insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, status, expires_at)
      select id, owner_id, 'a.wav', 'audio/wav', 9, ${randomUUID()}, 'ready', now() from tracks where id = ${trackId}
      returning id, track_id
    ), version as (
      insert into track_versions (
        track_id, upload_id, number, object_key, sha256, size_bytes, content_type, codec, duration_ms,
        sample_rate_hz, channels, bitrate_bps, manifest_key, embedded_tags
      )
      select
        track_id, id, 1, ${key}, 'ab', 9, 'audio/wav', 'PCM', ${duration_ms}, 48000, 2, 1536000, 'm-1',
        ${sql.json(embedded_tags as never)}
      from upload
      returning id, track_id
    )
    update tracks t set status = 'ready', current_version_id = v.id from version v where t.id = v.track_id
  `
  return key
}
