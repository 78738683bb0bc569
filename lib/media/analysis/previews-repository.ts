import type { Db } from '../../db/client.ts'

export interface Clip {
  readonly start_ms: number
  readonly duration_ms: number
  readonly is_tagged: boolean
}

export interface PreviewState {
  readonly title: string
  /** As the track wishes it. */
  readonly wanted: Clip & { readonly start_ms: number }
  /** As it is; null until one was made. */
  readonly made: Clip | null
}

/** Within the length of what was heard; from its loudest part unless somebody said from where. */
export async function findPreviewState(db: Db, versionId: string): Promise<PreviewState | undefined> {
  const [row] = await db<[PreviewState?]>`
    select
      t.title,
      json_build_object(
        'start_ms', least(
          coalesce(t.preview_start_ms, a.loudest_ms), greatest(0, a.heard_ms - t.preview_duration_ms)
        ),
        'duration_ms', least(t.preview_duration_ms, a.heard_ms),
        'is_tagged', t.is_preview_tagged
      ) as wanted,
      case when p.version_id is not null then
        json_build_object('start_ms', p.start_ms, 'duration_ms', p.duration_ms, 'is_tagged', p.is_tagged)
      end as made
    from track_analyses a
    join track_versions v on v.id = a.version_id
    join tracks t on t.id = v.track_id
    left join track_previews p on p.version_id = v.id
    where v.id = ${versionId} and a.analysed_at is not null and a.heard_ms > 0 and v.removed_at is null and v.withdrawn_at is null
  `
  return row
}

export async function putPreview(
  db: Db,
  versionId: string,
  { start_ms, duration_ms, is_tagged }: Clip,
  objectKey: string,
  now: Date,
): Promise<void> {
  await db`
    insert into track_previews (version_id, object_key, start_ms, duration_ms, is_tagged, made_at)
    values (${versionId}, ${objectKey}, ${start_ms}, ${duration_ms}, ${is_tagged}, ${now})
    on conflict (version_id) do update
    set object_key = excluded.object_key, start_ms = excluded.start_ms, duration_ms = excluded.duration_ms,
        is_tagged = excluded.is_tagged, made_at = excluded.made_at
  `
}

/** Has the previews of what plays, or is about to, made anew; answers with their versions. */
export async function markPreviewsDue(
  db: Db,
  trackId: string,
  dueAt: Date,
): Promise<{ version_id: string }[]> {
  return db<{ version_id: string }[]>`
    update track_analyses a
    set due_at = ${dueAt}, tries = 0, failure = null
    from track_versions v, tracks t, uploads u
    where v.track_id = ${trackId} and a.version_id = v.id and t.id = v.track_id and u.id = v.upload_id
      and (v.id = t.current_version_id or u.status = 'transcoding')
      and a.analysed_at is not null and v.removed_at is null and v.withdrawn_at is null
    returning a.version_id
  `
}
