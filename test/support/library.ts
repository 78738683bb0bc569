import { randomUUID } from 'node:crypto'
import type { Sql } from '../../lib/db/client.ts'

export interface LibraryTrack {
  readonly title: string
  readonly description?: string
  readonly lyrics?: string
  readonly genre?: string
  readonly tags?: readonly string[]
  readonly bpm?: number
  readonly musical_key?: string
  readonly license?: string
  readonly visibility?: string
  readonly duration_ms?: number
  readonly published_at?: Date
}

/** A track that plays, put straight into the database; public unless said otherwise. */
export async function addLibraryTrack(sql: Sql, ownerId: string, track: LibraryTrack): Promise<string> {
  const {
    title,
    description = '',
    lyrics = null,
    genre = null,
    tags = [],
    bpm = null,
    musical_key = null,
  } = track
  const { license = 'all_rights_reserved', visibility = 'public', duration_ms = 180_000 } = track
  const published_at = track.published_at ?? new Date()
  const [{ id }] = await sql<[{ id: string }]>`
    insert into tracks (
      owner_id, title, description, lyrics, genre, tags, bpm, musical_key, license, visibility, rights_confirmed_at,
      created_at, updated_at
    ) values (
      ${ownerId}, ${title}, ${description}, ${lyrics}, ${genre}, ${tags}::text[], ${bpm}, ${musical_key}, ${license},
      ${visibility}, ${published_at}, ${published_at}, ${published_at}
    )
    returning id
  `
  await sql`
    with upload as (
      insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, status, expires_at)
      values (${id}, ${ownerId}, 'a.wav', 'audio/wav', 9, ${randomUUID()}, 'ready', now())
      returning id
    ), version as (
      insert into track_versions (
        track_id, upload_id, number, object_key, sha256, size_bytes, content_type, codec, duration_ms, sample_rate_hz,
        channels, bitrate_bps, manifest_key
      )
      select ${id}, id, 1, ${randomUUID()}, 'ab', 9, 'audio/wav', 'PCM', ${duration_ms}, 48000, 2, 1536000, 'm-1'
      from upload
      returning id
    )
    update tracks set status = 'ready', current_version_id = version.id from version where tracks.id = ${id}
  `
  return id
}
