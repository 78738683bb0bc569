import type { Db } from '../db/client.ts'
import type { Listener } from '../media/streams/streaming.ts'
import {
  comparedColumns,
  creditsColumn,
  trackColumns,
  tracksWithCounts,
  type WholeTrackRow,
} from './columns.ts'
import type { UpdateTrack } from './edit-schemas.ts'
import type { Publishing } from './publishing.ts'
import type { CreateTrack } from './schemas.ts'
import { isVisible, trackTables, type Viewer } from './visibility.ts'

export interface NewTrack extends Omit<CreateTrack, 'release_at'> {
  readonly release_at: Date | null
  readonly owner_id: string
  readonly rights_confirmed_ip: string
}

export async function insertTrack(db: Db, track: NewTrack, now: Date): Promise<string> {
  const [row] = await db<[{ id: string }]>`
    insert into tracks (
      owner_id, title, description, artists, genre, mood, tags, bpm, musical_key, isrc, iswc, language, p_line,
      c_line, lyrics, license, is_explicit, visibility, release_at, rights_confirmed_at, rights_confirmed_ip,
      created_at, updated_at
    ) values (
      ${track.owner_id}, ${track.title}, ${track.description}, ${db.json(track.artists)}, ${track.genre ?? null},
      ${track.mood ?? null}, ${track.tags}::text[], ${track.bpm ?? null}, ${track.musical_key ?? null},
      ${track.isrc ?? null}, ${track.iswc ?? null}, ${track.language ?? null}, ${track.p_line ?? null},
      ${track.c_line ?? null}, ${track.lyrics ?? null}, ${track.license}, ${track.is_explicit},
      ${track.visibility}, ${track.release_at}, ${now}, ${track.rights_confirmed_ip}, ${now}, ${now}
    )
    returning id
  `
  return row.id
}

export type ComparedTrack = Omit<WholeTrackRow, 'differences'> & {
  readonly is_compared: boolean
  readonly claimed_ms: number | null
  readonly heard_ms: number | null
}

export async function findComparedTrack(
  db: Db,
  trackId: string,
  viewer: Viewer,
): Promise<ComparedTrack | undefined> {
  const [row] = await db<[ComparedTrack?]>`
    select
      ${trackColumns(db, viewer)}, t.lyrics, ${creditsColumn(db, viewer)} as credits,
      ${comparedColumns(db, viewer)}
    from ${tracksWithCounts(db, viewer)}
    where t.id = ${trackId} and ${isVisible(db, viewer)}
  `
  return row
}

export interface PlayableTrack {
  readonly version_id: string | null
  readonly manifest_key: string | null
  readonly duration_ms: number | null
  /** The viewer; null for a guest. */
  readonly listener: Omit<Listener, 'id' | 'session_id'> | null
}

/** What plays of a track, and who asks for it, as the stream server knows people. */
export async function findPlayableTrack(
  db: Db,
  trackId: string,
  viewer: Viewer,
): Promise<PlayableTrack | undefined> {
  const [row] = await db<[PlayableTrack?]>`
    select
      v.id as version_id, v.manifest_key, v.duration_ms,
      case when l.id is not null then
        json_build_object('user_number', l.user_number, 'username', l.username, 'role', l.role)
      end as listener
    from ${trackTables(db, viewer)}
    left join users l on l.id = ${viewer.id ?? null}
    where t.id = ${trackId} and ${isVisible(db, viewer)}
  `
  return row
}

/** Who sees a track that the caller holds the lock of. */
export async function findPublishing(tx: Db, trackId: string): Promise<Publishing> {
  const [row] = await tx<[Publishing]>`select visibility, release_at from tracks where id = ${trackId}`
  return row
}

export async function updateTrackFields(
  db: Db,
  trackId: string,
  { artists, ...fields }: UpdateTrack,
  now: Date,
): Promise<void> {
  const values = { ...fields, ...(artists && { artists: db.json(artists) }), updated_at: now }
  await db`update tracks set ${db(values)}, revision = revision + 1 where id = ${trackId}`
}
