import type { Db } from '../db/client.ts'
import { dayMs } from '../time.ts'

/** Heat is counted from here: it only has to be a time that stays. */
const epoch = Date.UTC(2026, 0, 1)
/** After so long something played counts for 1/e of what it did. */
const weekMs = 3 * dayMs
const monthMs = 12 * dayMs

const batchSize = 500

/**
 * Ranks tracks whose counts have changed, and learns the words of new ones; answers how many it did. What was
 * counted since the last time heats a track as of now, so the heat is as exact as this runs often. A like taken
 * back cools nothing: it was a sign of life all the same.
 */
export async function rankTracks(db: Db, now: Date): Promise<number> {
  const [row] = await db<[{ taken: number }]>`
    with taken as (
      delete from ranking_queue
      where track_id in (select track_id from ranking_queue limit ${batchSize} for update skip locked)
      returning track_id
    ), counted as (
      select
        c.track_id, (n.play_count + 3 * n.like_count + 5 * n.repost_count)::bigint as score,
        greatest(0, n.play_count + 3 * n.like_count + 5 * n.repost_count - c.ranked_score) as gained
      from taken
      join track_scores c using (track_id)
      join counts n on n.subject_id = c.track_id
    ), ranked as (
      update track_scores c
      set popularity = ln(1 + greatest(0, counted.score)),
        week_heat = ${heated(db, 'week_heat', now, weekMs)},
        month_heat = ${heated(db, 'month_heat', now, monthMs)},
        ranked_score = counted.score
      from counted
      where c.track_id = counted.track_id
    ), known as (
      update artist_search a
      set tier = floor(ln(1 + n.follower_count))
      from (select distinct s.owner_id from taken join track_search s using (track_id)) owners
      join counts n on n.subject_id = owners.owner_id
      where a.user_id = owners.owner_id and a.tier is distinct from floor(ln(1 + n.follower_count))
    ), learnt as (
      select learn_words(array_agg(distinct lexeme)) as done
      from taken
      join track_search s using (track_id)
      cross join lateral unnest(tsvector_to_array(s.head)) as lexeme
    )
    select (select count(*)::int from taken) as taken, learnt.done is null as is_learnt from learnt
  `
  return row.taken
}

/** ln(e^old + gained · e^((now - epoch) / τ)), without leaving the range of logarithms. */
function heated(db: Db, column: string, now: Date, tauMs: number) {
  const warmth = db`(ln(nullif(counted.gained, 0)) + ${(now.getTime() - epoch) / tauMs}::float8)`
  return db`
    case
      when counted.gained = 0 then c.${db(column)}
      when c.${db(column)} is null then ${warmth}
      else greatest(c.${db(column)}, ${warmth}) + ln(1 + exp(-abs(c.${db(column)} - ${warmth})))
    end
  `
}

/** Writes the present name of an artist into the documents of some of their tracks; answers how many it did. */
export async function refreshRenamed(db: Db): Promise<number> {
  const [row] = await db<[{ done: number }?]>`
    with stale as (
      select owner_id, after_id from search_stale limit 1 for update skip locked
    ), batch as (
      select t.id
      from stale
      join tracks t on t.owner_id = stale.owner_id and t.id > stale.after_id
      where t.deleted_at is null
      order by t.id
      limit ${batchSize}
    ), done as (
      select count(*)::int as seen, max(id::text)::uuid as last, refresh_track_search(array_agg(id)) as refreshed
      from batch
    ), moved as (
      update search_stale
      set after_id = done.last
      from done, stale
      where search_stale.owner_id = stale.owner_id and done.seen > 0
    ), ended as (
      delete from search_stale
      using done, stale
      where search_stale.owner_id = stale.owner_id and done.seen = 0
    ), gone as (
      delete from artist_search a
      using stale, done
      where a.user_id = stale.owner_id and done.seen = 0
        and not exists (select from track_search s where s.owner_id = stale.owner_id)
    )
    select greatest(done.seen, 1) as done from stale, done
  `
  return row?.done ?? 0
}

/** Counts the tracks of each tag anew; answers 0, for once is all of it. */
export async function countTags(db: Db): Promise<0> {
  await db`
    with present as (
      select fold(tag) as tag, count(*)::int as track_count
      from track_search s
      join tracks t on t.id = s.track_id
      cross join unnest(t.tags) as tag
      group by 1
    ), gone as (
      delete from tag_search g where not exists (select from present p where p.tag = g.tag)
    )
    insert into tag_search as kept (tag, track_count)
    select tag, track_count from present where tag <> ''
    on conflict (tag) do update set track_count = excluded.track_count
    where kept.track_count <> excluded.track_count
  `
  return 0
}

const topSize = 20_000

/** Tells anew which tracks are the best known; answers 0, for once is all of it. */
export async function markTop(db: Db): Promise<0> {
  await db`
    with top as materialized (
      select track_id
      from track_scores
      where popularity > 0
      order by popularity desc, track_id desc
      limit ${topSize}
    ), fallen as (
      update track_search s set is_top = false
      where s.is_top and not exists (select from top where top.track_id = s.track_id)
    )
    update track_search s set is_top = true
    from top
    where s.track_id = top.track_id and not s.is_top
  `
  return 0
}
