import { randomUUID } from 'node:crypto'
import { createSocialHandlers } from '../../functions/social/handlers.ts'
import { socialRoutes } from '../../functions/social/routes.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import { createCommentChanges } from '../../lib/comments/changes.ts'
import { createCommentMarks } from '../../lib/comments/marks.ts'
import { createCommentService } from '../../lib/comments/service.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createFeedService } from '../../lib/feed/service.ts'
import { createApi } from '../../lib/http/api.ts'
import { createPace } from '../../lib/http/pace.ts'
import { createReportingService } from '../../lib/moderation/reporting.ts'
import { createNotificationService } from '../../lib/notifications/service.ts'
import { createUserService } from '../../lib/users/service.ts'
import { unlimited } from './api.ts'
import { createCallers } from './callers.ts'
import { createMemoryCache } from './memory-cache.ts'
import { seedActor } from './tracks.ts'

export type Person = Actor & { readonly username: string }

export interface SocialApiOptions {
  readonly now?: () => Date
  /** Whether the finer limits count. */
  readonly isPaced?: boolean
}

/** The function `social` as one environment would have it, called as whoever is named. */
export function createSocialApi(
  sql: Sql,
  { now = () => new Date(), isPaced = false }: SocialApiOptions = {},
) {
  const cache = createMemoryCache(now)
  const keepPace = isPaced ? createPace({ cache, now }) : async () => {}
  const common = { sql, keepPace, relay: { flushSoon: async () => {} }, now }
  const { verifyToken, callAs } = createCallers()
  const handler = createApi(
    socialRoutes,
    createSocialHandlers({
      notifications: createNotificationService({ sql, now }),
      feed: createFeedService({ sql }),
      comments: createCommentService(common),
      changes: createCommentChanges(common),
      marks: createCommentMarks(common),
      reports: createReportingService({ sql, now }),
      users: createUserService({ sql, now }),
    }),
    {
      service: 'social',
      corsOrigins: [],
      takeCall: unlimited,
      now,
      verifyToken,
    },
  )

  return callAs(handler)
}

export type SocialApi = ReturnType<typeof createSocialApi>

/** Somebody whose account is two days old, unless said otherwise. */
export async function seedPerson(
  sql: Sql,
  name?: string,
  { role = 'user' as Actor['role'], hours = 48 } = {},
): Promise<Person> {
  const actor = await seedActor(sql, name)
  const joined = new Date(Date.now() - hours * 3_600_000)
  await sql`update users set role = ${role}, created_at = ${joined} where id = ${actor.id}`
  return { ...actor, role }
}

/** A track that plays, three minutes long. */
export async function seedTrack(sql: Sql, owner: Actor, visibility = 'public'): Promise<string> {
  const [track] = await sql<[{ id: string }]>`
    insert into tracks (owner_id, title, visibility, rights_confirmed_at)
    values (${owner.id}, 'Low Tide', ${visibility}, now())
    returning id
  `
  await addMaster(sql, owner, track.id, 1)
  return track.id
}

export async function addMaster(
  sql: Sql,
  owner: Actor,
  trackId: string,
  number: number,
  durationMs = 180_000,
) {
  const [version] = await sql<[{ id: string }]>`
    with upload as (
      insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, expires_at, status)
      values (${trackId}, ${owner.id}, 'a.wav', 'audio/wav', 1, ${randomUUID()}, now(), 'ready')
      returning id
    )
    insert into track_versions (
      track_id, upload_id, number, object_key, sha256, size_bytes, content_type, duration_ms, ready_at
    )
    select ${trackId}, id, ${number}, ${randomUUID()}, '', 1, 'audio/wav', ${durationMs}, now() from upload
    returning id
  `
  await sql`update tracks set status = 'ready', current_version_id = ${version.id} where id = ${trackId}`
  return version.id
}

export async function addCollaborator(sql: Sql, trackId: string, person: Actor, role: string) {
  await sql`
    insert into track_collaborators (track_id, user_id, role, status) values (${trackId}, ${person.id}, ${role}, 'accepted')
  `
}

export const block = (sql: Sql, by: Actor, of: Actor) =>
  sql`insert into blocks (blocker_id, blocked_id) values (${by.id}, ${of.id})`

export const mute = (sql: Sql, by: Actor, of: Actor) =>
  sql`insert into mutes (muter_id, muted_id) values (${by.id}, ${of.id})`
