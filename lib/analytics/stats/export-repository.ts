import type { Db } from '../../db/client.ts'
import type { Range } from './ranges.ts'

export interface ExportLine {
  readonly day: string
  readonly track_id: string
  readonly title: string | null
  readonly play_count: number
  readonly listener_count: number
  readonly complete_count: number
  readonly listened_ms: number
  readonly view_count: number
  readonly share_click_count: number
  readonly repeated_count: number
  readonly too_short_count: number
  readonly filtered_count: number
}

/** By day and track, from behind a line on. */
export const listExportLines = (
  db: Db,
  ownerId: string,
  { from, to }: Range,
  after: Pick<ExportLine, 'day' | 'track_id'> | undefined,
  limit: number,
) => db<ExportLine[]>`
  select
    to_char(s.day, 'YYYY-MM-DD') as day, s.subject_id as track_id, t.title, s.play_count,
    s.user_count + s.guest_count as listener_count, s.complete_count, s.listened_ms, s.view_count, s.share_click_count,
    s.repeated_count, s.short_count as too_short_count,
    s.ua_count + s.datacenter_count + s.rate_count + s.no_token_count + s.pattern_count as filtered_count
  from daily_stats s
  left join tracks t on t.id = s.subject_id and t.purged_at is null
  where s.owner_id = ${ownerId} and s.kind = 'track' and s.day between ${after?.day ?? from} and ${to}
    ${after ? db`and (s.day, s.subject_id) > (${after.day}::date, ${after.track_id}::uuid)` : db``}
  order by s.day, s.subject_id
  limit ${limit}
`
