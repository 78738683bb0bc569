import type { Db } from '../db/client.ts'
import type { Listener } from './streaming.ts'

export interface PlayableTrack {
  readonly version_id: string | null
  readonly manifest_key: string | null
  readonly duration_ms: number | null
  /** Null for a guest. */
  readonly caller: Omit<Listener, 'session_id'> | null
}

/** The track as far as the caller may hear of it: its artist always, others once it plays and is released. */
export async function findPlayableTrack(
  db: Db,
  trackId: string,
  callerId: string | undefined,
  now: Date,
): Promise<PlayableTrack | undefined> {
  const [row] = await db<[PlayableTrack?]>`
    select
      v.id as version_id, v.manifest_key, v.duration_ms,
      case when c.id is not null then
        json_build_object('user_number', c.user_number, 'username', c.username, 'role', c.role)
      end as caller
    from tracks t
    left join track_versions v on v.id = t.current_version_id
    left join users c on c.id = ${callerId ?? null}
    where t.id = ${trackId} and t.deleted_at is null and (
      t.owner_id = ${callerId ?? null}
      or (t.status = 'ready' and t.visibility <> 'private' and (t.release_at is null or t.release_at <= ${now}))
    )
  `
  return row
}
