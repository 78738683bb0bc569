import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { track as trackView } from '../../tracks/schemas.ts'
import { trackVersion } from '../../tracks/versions/schemas.ts'
import { personOf } from '../../users/person.ts'

/** What says how a track stands; the texts are read from the track. */
export const track = z.pick(trackView, {
  id: true,
  owner: true,
  title: true,
  genre: true,
  isrc: true,
  is_explicit: true,
  visibility: true,
  release_at: true,
  status: true,
  status_reason: true,
  version: true,
  duration_ms: true,
  published_at: true,
  created_at: true,
  updated_at: true,
})
export type TrackData = z.output<typeof track>

export const version = z.pick(trackVersion, {
  id: true,
  number: true,
  label: true,
  is_current: true,
  duration_ms: true,
  ready_at: true,
  created_at: true,
})
export type VersionData = z.output<typeof version>

/** As those see it who work on it; none that was deleted. */
export async function findTrack(db: Db, trackId: string): Promise<TrackData | undefined> {
  const [row] = await db<[TrackData?]>`
    select
      t.id, ${personOf(db, 'o')} as owner, t.title, t.genre, t.isrc, t.is_explicit, t.visibility, t.release_at,
      t.status, t.status_reason,
      case when v.id is not null then
        json_build_object('id', v.id, 'number', v.number, 'label', v.label)
      end as version,
      v.duration_ms, t.published_at, t.created_at, t.updated_at
    from tracks t
    join users o on o.id = t.owner_id
    left join track_versions v on v.id = t.current_version_id
    where t.id = ${trackId} and t.deleted_at is null
  `
  return row
}

/** One that can be played. */
export async function findPlayable(db: Db, versionId: string): Promise<VersionData | undefined> {
  const [row] = await db<[VersionData?]>`
    select
      v.id, v.number, v.label, t.current_version_id is not distinct from v.id as is_current, v.duration_ms,
      v.ready_at, v.created_at
    from track_versions v
    join tracks t on t.id = v.track_id
    where v.id = ${versionId} and v.ready_at is not null and v.withdrawn_at is null and v.removed_at is null
  `
  return row
}

/** The owner, and those who work on it: all of them, or those alone who may change it. */
export async function listTeam(db: Db, trackId: string, { onlyEditors = false } = {}): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select owner_id as id from tracks where id = ${trackId}
    union
    select user_id from track_collaborators
    where track_id = ${trackId} and status = 'accepted' and (role = 'editor' or not ${onlyEditors})
  `
  return rows.map(({ id }) => id)
}

export const exampleOwner = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9b00',
  username: 'ada',
  display_name: 'Ada',
}

export const exampleTrack = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9b01',
  owner: exampleOwner,
  title: 'Low Tide',
  genre: 'ambient',
  isrc: null,
  is_explicit: false,
  visibility: 'private',
  release_at: null,
  status: 'draft',
  status_reason: null,
  version: null,
  duration_ms: null,
  published_at: null,
  created_at: '2026-12-01T09:00:00.000Z',
  updated_at: '2026-12-01T09:00:00.000Z',
} as const

export const exampleVersion = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9b02',
  number: 1,
  label: null,
  is_current: true,
  duration_ms: 184_000,
  ready_at: '2026-12-01T09:02:10.000Z',
  created_at: '2026-12-01T09:01:00.000Z',
} as const

export const examplePlaying = {
  ...exampleTrack,
  status: 'ready',
  version: { id: exampleVersion.id, number: 1, label: null },
  duration_ms: exampleVersion.duration_ms,
  updated_at: '2026-12-01T09:02:10.000Z',
} as const
