import type { Db } from '../../db/client.ts'
import { dayMs, later } from '../../time.ts'
import { isIn, type Part } from './parts.ts'
import { replaceRows } from './replace-rows.ts'

/**
 * Of each version, how many heard what of it that day: as the changes from one step to the next, which add up from
 * day to day and are few where few listened. Whoever heard a part of a step has heard the step, once.
 */
export function replaceRetention(db: Db, day: string, part: Part): Promise<void> {
  const from = new Date(day)
  return replaceRows(db, {
    table: 'daily_retention',
    keys: ['track_id', 'day', 'version_id'],
    values: ['listen_count', 'steps', 'changes'],
    within: db`t.day = ${day} and ${isIn(db, db`t.track_id`, part)}`,
    rows: db`
      with heard as materialized (
        select
          l.track_id, l.version_id, l.id,
          range_agg(int4range(retention_step(lower(part)), retention_step(upper(part) - 1) + 1)) as steps
        from listens l
        cross join lateral unnest(l.heard) as part
        where l.started_at >= ${from} and l.started_at < ${later(from, dayMs)} and l.filtered is null
          and ${isIn(db, db`l.track_id`, part)}
        group by l.track_id, l.version_id, l.issued_at, l.id
      ), listened as (
        select track_id, version_id, count(*) as listen_count from heard group by track_id, version_id
      ), edges as (
        select track_id, version_id, edge.step, sum(edge.change)::integer as change
        from heard
        cross join lateral unnest(heard.steps) as part
        cross join lateral (values (lower(part), 1), (upper(part), -1)) as edge (step, change)
        group by track_id, version_id, edge.step
        having sum(edge.change) <> 0
      )
      select
        track_id, ${day}::date as day, version_id, listen_count,
        array_agg(step::smallint order by step) as steps, array_agg(change order by step) as changes
      from listened
      join edges using (track_id, version_id)
      group by track_id, version_id, listen_count
    `,
  })
}
