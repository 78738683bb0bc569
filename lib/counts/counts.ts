import type { Db, Fragment } from '../db/client.ts'

/** The columns of `counts`. */
export const counters = [
  'like_count',
  'repost_count',
  'comment_count',
  'reply_count',
  'play_count',
  'follower_count',
  'following_count',
  'click_count',
] as const

export type Counter = (typeof counters)[number]

/** Counts within the transaction of the change, without a lock that another one who counts would wait for. */
export async function addToCount(tx: Db, counter: Counter, subjectId: string, delta: 1 | -1): Promise<void> {
  await tx`insert into count_deltas (subject_id, counter, delta) values (${subjectId}, ${counter}, ${delta})`
}

/** Takes back what rows had counted for: `deletion` removes them, and returns the `subject_id` of each. */
export const uncount = (tx: Db, counter: Counter, deletion: Fragment) => tx`
  with gone as (${deletion})
  insert into count_deltas (subject_id, counter, delta)
  select subject_id, ${counter}, -count(*)::int from gone group by subject_id
`

/** An expression: the present count of a subject, to the last one. Where many are shown, join `countsOf`. */
export const countOf = (db: Db, counter: Counter, subjectId: Fragment): Fragment => db`(
  coalesce((select c.${db(counter)} from counts c where c.subject_id = ${subjectId}), 0)
  + coalesce(
    (select sum(d.delta) from count_deltas d where d.subject_id = ${subjectId} and d.counter = ${counter}), 0
  )
)::int`

/** A lateral join named `n`, with a column for each of the counters that are asked for. */
export function countsOf(db: Db, subjectId: Fragment, asked: readonly Counter[]): Fragment {
  const sums = asked.map(
    (counter) => db`
      (coalesce(max(c.${db(counter)}), 0) + coalesce(sum(d.delta) filter (where d.counter = ${counter}), 0))::int
        as ${db(counter)}
    `,
  )
  return db`
    cross join lateral (
      select ${list(db, sums)}
      from (select ${subjectId} as id) subject
      left join counts c on c.subject_id = subject.id
      left join count_deltas d on d.subject_id = subject.id
    ) n
  `
}

const foldSize = 5_000

/** Folds what was counted since into the counts; answers how many rows it took. */
export async function foldCounts(db: Db): Promise<number> {
  const columns = list(
    db,
    counters.map((counter) => db`${db(counter)}`),
  )
  const sums = counters.map((counter) => db`coalesce(sum(delta) filter (where counter = ${counter}), 0)`)
  const sets = counters.map((counter) => db`${db(counter)} = kept.${db(counter)} + excluded.${db(counter)}`)
  const [row] = await db<[{ taken: number }]>`
    with taken as (
      delete from count_deltas
      where id in (select id from count_deltas order by id limit ${foldSize} for update skip locked)
      returning subject_id, counter, delta
    ), folded as (
      insert into counts as kept (subject_id, ${columns})
      select subject_id, ${list(db, sums)}
      from taken
      group by subject_id
      -- Two folds at once take their rows in one order, and so cannot wait for each other in a ring.
      order by subject_id
      on conflict (subject_id) do update set ${list(db, sets)}
    ), ranked as (
      insert into ranking_queue (track_id)
      select distinct subject_id from taken where counter in ('like_count', 'repost_count', 'play_count')
      order by 1
      on conflict do nothing
    )
    select count(*)::int as taken from taken
  `
  return row.taken
}

const list = (db: Db, parts: readonly Fragment[]): Fragment =>
  parts.slice(1).reduce((all, part) => db`${all}, ${part}`, parts[0]!)
