import type { Sql } from '../../lib/db/client.ts'
import type { Pipeline } from './pipeline.ts'
import { statesOf } from './tracks.ts'

export interface Followed {
  readonly track_id: string
  readonly upload_id: string
}

/** Nothing of an upload, nor of what came of it, is still to be done. */
export async function isAtRest(sql: Sql, { track_id, upload_id }: Followed): Promise<boolean> {
  const [row] = await sql<[{ is_at_rest: boolean }]>`
    select not exists (select from outbox)
      and not exists (select from discarded_objects)
      and exists (
        select from uploads u join tracks t on t.id = u.track_id
        where u.id = ${upload_id}
          and (u.status in ('ready', 'rejected', 'failed') or (t.deleted_at is not null and u.status = 'transcoding'))
      )
      and not exists (
        select from stream_jobs j join track_versions v on v.id = j.version_id
        where v.track_id = ${track_id} and j.next_attempt_at is not null
      )
      and not exists (
        select from track_analyses a join track_versions v on v.id = a.version_id
        where v.track_id = ${track_id} and a.due_at is not null
      )
      and not exists (
        select from image_uploads
        where subject_id = ${track_id} and status in ('uploading', 'scanning', 'processing')
      ) as is_at_rest
  `
  return row.is_at_rest
}

/** All that an upload has led to, without what differs from one to the next: names, times, and tries. */
export async function endOf(sql: Sql, pipeline: Pipeline, upload: Followed) {
  const { track_id } = upload
  const [row] = await sql`
    select
      array(select v.number || ' ' || v.sha256 || ' ' || (v.id = t.current_version_id)::text || ' ' ||
        (v.stored_at is not null)::text || ' ' || (v.waveform_sha256 is not null)::text || ' ' || v.codec
        from track_versions v where v.track_id = t.id order by v.number) as versions,
      array(select j.status from stream_jobs j join track_versions v on v.id = j.version_id
        where v.track_id = t.id) as jobs,
      array(select a.failure from track_analyses a join track_versions v on v.id = a.version_id
        where v.track_id = t.id) as analyses,
      (select count(*)::int from track_previews p join track_versions v on v.id = p.version_id
        where v.track_id = t.id) as previews,
      array(select u.status || ' ' || coalesce(u.status_reason, '') || ' ' ||
        array_to_string(array(select e.status from image_upload_events e where e.upload_id = u.id order by e.id), ' ')
        from image_uploads u where u.subject_id = t.id) as pictures,
      t.artwork_sha256,
      array(select n.kind || ' ' || n.actor_count from notifications n where n.track_id = t.id) as notifications,
      (select count(*)::int from reports r join moderation_cases c on c.id = r.case_id
        where c.track_id = t.id) as reports
    from tracks t
    where t.id = ${track_id}
  `
  return {
    ...row,
    ...(await statesOf(sql, upload)),
    prepared: pipeline.prepared.size,
    letters: pipeline.letters.size,
    dead: pipeline.deadLetters.map(({ queue }) => queue),
    quarantine: [...pipeline.uploads.objects.values()].map(({ tags }) => tags),
    media: [...pipeline.media.objects.keys()].map((key) => key.split('/')[0]).sort(),
  }
}
