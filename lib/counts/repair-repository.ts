import type { Db, Fragment } from '../db/client.ts'
import type { CountSource } from './sources.ts'

export interface Progress {
  readonly source: string
  readonly after: string | null
  readonly drift: number
}

/** Locks the source that is under way, or else one that is due; none that somebody else is at. */
export async function lockDueSource(
  db: Db,
  names: readonly string[],
  finishedBefore: Date,
): Promise<Progress | undefined> {
  await db`insert into count_repairs (source) select unnest(${names}::text[]) on conflict do nothing`
  const [row] = await db<[Progress?]>`
    select source,
      case when finished_at is null then after end as after,
      case when finished_at is null then drift else 0 end as drift
    from count_repairs
    where source = any(${names}) and (finished_at is null or finished_at < ${finishedBefore})
    order by (finished_at is null and after is not null) desc, source
    limit 1
    for update skip locked
  `
  return row
}

export async function markProgress(db: Db, progress: Progress, finishedAt: Date | null): Promise<void> {
  const { source, after, drift } = progress
  await db`
    update count_repairs
    set after = ${after}, drift = ${drift}, finished_at = ${finishedAt}
    where source = ${source}
  `
}

const always = (db: Db): Fragment => db`true`

export interface Batch {
  readonly size: number
  /** Null when there was none. */
  readonly last: string | null
  readonly drift: number
}

/**
 * Counts the next subjects anew and adds what each is off by. One statement sees one state: who counts at the
 * same time has committed both the row and its delta, or neither, and both are yet to come on top of this.
 */
export async function mendBatch(
  db: Db,
  { counter, subjects, recount, isWhole = always }: CountSource,
  after: string | null,
  limit: number,
): Promise<Batch> {
  const [row] = await db<[Batch]>`
    with batch as materialized (
      select id from ${db(subjects)}
      ${after === null ? db`` : db`where id > ${after}`}
      order by id
      limit ${limit}
    ), counted as materialized (
      select
        batch.id,
        (${recount(db, db`batch.id`)}) - coalesce(counts.${db(counter)}, 0) - coalesce(
          (select sum(d.delta) from count_deltas d where d.subject_id = batch.id and d.counter = ${counter}), 0
        ) as difference
      from batch
      left join counts on counts.subject_id = batch.id
    ), checked as materialized (
      select id, case when difference > 0 or ${isWhole(db, db`counted.id`)} then difference else 0 end as delta
      from counted
    ), mended as (
      insert into count_deltas (subject_id, counter, delta)
      select id, ${counter}, delta from checked where delta <> 0
    )
    select
      count(*)::int as size,
      (select id from batch order by id desc limit 1) as last,
      coalesce(sum(abs(delta)), 0)::int as drift
    from checked
  `
  return row
}
