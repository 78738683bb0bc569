import { randomUUID } from 'node:crypto'
import { allTrackRoutes } from '../../functions/tracks/all-routes.ts'
import { createArtworkHandlers } from '../../functions/tracks/artwork-handlers.ts'
import { createCollaborationHandlers } from '../../functions/tracks/collaboration-handlers.ts'
import { createDownloadHandlers } from '../../functions/tracks/download-handlers.ts'
import { createTrackHandlers } from '../../functions/tracks/handlers.ts'
import { createSoundHandlers } from '../../functions/tracks/sound-handlers.ts'
import { createVersionHandlers } from '../../functions/tracks/version-handlers.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import { createCollaborationService } from '../../lib/collaboration/service.ts'
import { createSplitService } from '../../lib/collaboration/splits.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import type { Route } from '../../lib/http/route.ts'
import { createImageService } from '../../lib/images/service.ts'
import { artworks } from '../../lib/tracks/artwork.ts'
import { createDownloadService } from '../../lib/tracks/playback/download-service.ts'
import { createSoundService } from '../../lib/tracks/playback/sound-service.ts'
import { createTrackService } from '../../lib/tracks/service.ts'
import { createVersionService } from '../../lib/tracks/versions/service.ts'
import { createStreamJobService } from '../../lib/tracks/versions/stream-jobs.ts'
import type { UploadStore } from '../../lib/uploads/service.ts'
import { type CallOptions, call, unlimited } from './api.ts'
import { testLinks } from './media-links.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { composeTrackServices } from './track-api.ts'
import { seedActor } from './tracks.ts'

/** The routes of tracks on one connection, called by whoever is named. */
export function createStudio(sql: Sql, now: () => Date = () => new Date(), store?: UploadStore) {
  const people = new Map<string, Actor>()
  const relay = { flushSoon: async () => {} }
  const tracks = createTrackService({ sql, now })
  const handlers = {
    ...createTrackHandlers({ ...composeTrackServices(sql, now, store), tracks }),
    ...createVersionHandlers({
      tracks,
      versions: createVersionService({ sql, now }),
      streamJobs: createStreamJobService({ sql }),
    }),
    ...createDownloadHandlers(createDownloadService({ sql, links: testLinks, now })),
    ...createSoundHandlers(createSoundService({ sql, links: testLinks, now })),
    ...createArtworkHandlers(
      createImageService({ sql, store: createMemoryStorage('uploads').uploads!, holder: artworks, now }),
    ),
    ...createCollaborationHandlers({
      collaborations: createCollaborationService({ sql, relay, now }),
      splits: createSplitService({ sql, relay, now }),
    }),
  }
  const api = createApi(allTrackRoutes, handlers, {
    service: 'tracks',
    corsOrigins: [],
    takeCall: unlimited,
    now,
    verifyToken: async (header) => {
      const actor = people.get(header ?? '')
      return actor && { actor, expires_at: 4_000_000_000 }
    },
  })

  /** As the actor, or as a guest. */
  const as = <R extends Route>(actor: Actor | undefined, route: R, options: CallOptions = {}) => {
    if (actor) people.set(actor.id, actor)
    const headers = { ...options.headers, ...(actor && { authorization: actor.id }) }
    return call(api, route, route.auth === 'user' ? { ...options, actor } : { ...options, headers })
  }

  const join = () => seedActor(sql)

  const createTrack = async (owner: Actor, fields: object = {}): Promise<string> => {
    const body = { title: 'Low Tide', rights_confirmed: true, ...fields }
    return (await as(owner, allTrackRoutes.createTrack, { body })).body.id
  }

  const invite = (owner: Actor, track_id: string, user: { id: string }, body: object = { role: 'editor' }) =>
    as(owner, allTrackRoutes.putCollaborator, { params: { track_id, user_id: user.id }, body })

  const accept = (user: Actor, track_id: string, user_id = user.id) =>
    as(user, allTrackRoutes.acceptInvitation, { params: { track_id, user_id } })

  const remove = (actor: Actor, track_id: string, user: { id: string }) =>
    as(actor, allTrackRoutes.removeCollaborator, { params: { track_id, user_id: user.id } })

  /** Somebody who works on the track already. */
  const engage = async (owner: Actor, track_id: string, body: object = { role: 'editor' }) => {
    const user = await join()
    await invite(owner, track_id, user, body)
    await accept(user, track_id)
    return user
  }

  const get = (actor: Actor | undefined, track_id: string) =>
    as(actor, allTrackRoutes.getTrack, { params: { track_id } })

  return { as, join, createTrack, invite, accept, remove, engage, get }
}

export interface SeededVersion {
  readonly version_id: string
  readonly upload_id: string
  readonly job_id: string
}

/** The next version of a track, as if the pipeline had come that far with it. */
export async function addVersion(
  sql: Sql,
  track_id: string,
  { status = 'ready', created_by = undefined as string | undefined, at = new Date() } = {},
): Promise<SeededVersion> {
  const isReady = status === 'ready'
  const job_id = randomUUID()
  const [row] = await sql<[{ version_id: string; upload_id: string }]>`
    with upload as (
      insert into uploads (
        track_id, created_by, filename, content_type, size_bytes, object_key, status, expires_at, created_at
      )
      select id, coalesce(${created_by ?? null}, owner_id), 'a.wav', 'audio/wav', 9, ${randomUUID()}, ${status}, now(), ${at}
      from tracks where id = ${track_id}
      returning id
    )
    insert into track_versions (
      track_id, upload_id, number, object_key, sha256, size_bytes, content_type, codec, duration_ms,
      manifest_key, ready_at, created_at, stream_job_id
    )
    select
      ${track_id}, id,
      (select coalesce(max(number), 0) + 1 from track_versions where track_id = ${track_id}),
      'originals/' || ${randomUUID()}::text, 'ab', 9, 'audio/wav', 'PCM', 61000,
      ${isReady ? 'm.m3u8' : null}, ${isReady ? at : null}::timestamptz, ${at}, ${job_id}
    from upload
    returning id as version_id, upload_id
  `
  if (isReady) {
    await sql`update tracks set status = 'ready', current_version_id = ${row.version_id} where id = ${track_id}`
  }
  return { ...row, job_id }
}
