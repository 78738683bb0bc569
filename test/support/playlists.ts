import { randomUUID } from 'node:crypto'
import { composePlaylists } from '../../functions/playlists/compose.ts'
import { playlistRoutes } from '../../functions/playlists/routes.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import type { Route } from '../../lib/http/route.ts'
import { ranksAfter } from '../../lib/playlists/ranks.ts'
import { type CallOptions, type CallResult, call, unlimited } from './api.ts'
import { createMemoryStorage } from './memory-storage.ts'

/** The function of playlists as one environment would have it, on one connection. */
export function createPlaylistsApi(
  sql: Sql,
  now: () => Date = () => new Date(),
  store = createMemoryStorage('uploads').uploads!,
) {
  const actors = new Map<string, Actor>()
  const handlers = composePlaylists({ sql, store, relay: { flushSoon: async () => {} }, now })
  const handler = createApi(playlistRoutes, handlers, {
    service: 'playlists',
    corsOrigins: [],
    takeCall: unlimited,
    now,
    // The token of a test is the id of whoever it vouches for.
    verifyToken: async (header) => {
      const actor = actors.get(header?.replace('Bearer ', '') ?? '')
      return actor && { actor, expires_at: Math.floor(Date.now() / 1000) + 3600 }
    },
  })

  return <R extends Route>(
    route: R,
    { actor, ...options }: CallOptions & { actor?: Actor | undefined } = {},
  ): Promise<CallResult<R>> => {
    if (actor) actors.set(actor.id, actor)
    const headers = { ...options.headers, ...(actor && { authorization: `Bearer ${actor.id}` }) }
    return call(handler, route, route.auth === 'optional' ? { ...options, headers } : { ...options, actor })
  }
}

export type PlaylistsApi = ReturnType<typeof createPlaylistsApi>

export interface TrackOptions {
  readonly title?: string
  readonly visibility?: 'public' | 'unlisted' | 'private'
  readonly duration_ms?: number
}

/** Tracks that play, straight into the database; their ids in the order of the list. */
export async function seedTracks(
  sql: Sql,
  ownerId: string,
  count: number,
  options: TrackOptions = {},
): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) {
    ids.push(...(await seedSomeTracks(sql, ownerId, Math.min(count - ids.length, mostAtOnce), options)))
    await sql`analyze tracks, track_search, track_scores`
  }
  return ids
}

/** Their search documents are written in the same statement, which has a deadline. */
const mostAtOnce = 2_000

async function seedSomeTracks(
  sql: Sql,
  ownerId: string,
  count: number,
  { title = 'Low Tide', visibility = 'public', duration_ms = 60_000 }: TrackOptions,
): Promise<string[]> {
  const tracks = await sql<{ id: string }[]>`
    insert into tracks (owner_id, title, visibility, rights_confirmed_at)
    select ${ownerId}, ${title} || ' ' || number, ${visibility}, now()
    from generate_series(1, ${count}::int) number
    returning id
  `
  const ids = tracks.map(({ id }) => id)
  await sql`
    with uploaded as (
      insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, expires_at, status)
      select id, ${ownerId}, 'a.wav', 'audio/wav', 1, 'uploads/' || ${randomUUID()} || id, now(), 'ready'
      from unnest(${ids}::uuid[]) id
      returning id, track_id, object_key
    ), versions as (
      insert into track_versions (
        track_id, upload_id, number, object_key, sha256, size_bytes, content_type, duration_ms
      )
      select track_id, id, 1, object_key, repeat('a', 64), 1, 'audio/wav', ${duration_ms}::int from uploaded
      returning id, track_id
    )
    update tracks set status = 'ready', current_version_id = versions.id
    from versions
    where tracks.id = versions.track_id
  `
  return ids
}

/** Items of these tracks in this order, straight into the database; their ids. */
export async function seedItems(
  sql: Sql,
  playlistId: string,
  trackIds: readonly string[],
  addedBy: string | null = null,
): Promise<string[]> {
  const items = await sql<{ id: string }[]>`
    insert into playlist_items (playlist_id, track_id, rank, duration_ms, added_by)
    select ${playlistId}, track_id, rank, 60000, ${addedBy}
    from unnest(${trackIds}::uuid[], ${ranksAfter(null, trackIds.length)}::text[]) as item (track_id, rank)
    returning id
  `
  await sql`
    update playlists set item_count = ${trackIds.length}, duration_ms = ${60_000 * trackIds.length}
    where id = ${playlistId}
  `
  return items.map(({ id }) => id)
}
