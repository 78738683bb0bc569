import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Sql } from '../../lib/db/client.ts'
import type { Figure } from './table.ts'

/** Warm time of a read through the bundle, the framework and the client, against the bare query. */
export async function measureHandlers(
  sql: Sql,
  settings: Readonly<Record<string, string>>,
): Promise<Figure[]> {
  const trackId = await seedPlayingTrack(sql)
  const child = fork(new URL('./handler-process.ts', import.meta.url), [trackId], {
    env: { ...process.env, ...settings, POWERTOOLS_SERVICE_NAME: 'tracks' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [times] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`The handler process ended with ${code}`))),
  ])) as [{ handler: number; query: number; guarded_query: number }]
  const against = { against: times.query, unit: 'µs', compare: 'ratio' } as const
  return [
    { name: 'GET /tracks/{track_id}, handler', ours: times.handler, goal: 1.5, ...against },
    { name: 'its statement, through lib/db', ours: times.guarded_query, ...against },
  ]
}

async function seedPlayingTrack(sql: Sql): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    with artist as (
      insert into users (username, display_name, email, password_hash, email_verified_at)
      values ('bench', 'Bench', 'bench@example.com', 'x', now()) returning id
    ), track as (
      insert into tracks (owner_id, title, visibility, rights_confirmed_at, status, tags)
      select id, 'Night Drive', 'public', now(), 'ready', '{synthwave,night}' from artist returning id, owner_id
    ), upload as (
      insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, expires_at, status)
      select id, owner_id, 'a.flac', 'audio/flac', 1000, 'uploads/bench', now(), 'ready' from track
      returning id, track_id
    ), version as (
      insert into track_versions (track_id, upload_id, number, object_key, sha256, size_bytes, content_type,
        codec, duration_ms, sample_rate_hz, channels, bitrate_bps, ready_at)
      select track_id, id, 1, 'originals/bench', repeat('0', 64), 1000, 'audio/flac', 'FLAC', 180000, 44100, 2, 900000, now()
      from upload returning id, track_id
    )
    select track_id as id, version.id as version_id from version
  `
  await sql`update tracks set current_version_id = (select id from track_versions where track_id = ${row.id}) where id = ${row.id}`
  return row.id
}
