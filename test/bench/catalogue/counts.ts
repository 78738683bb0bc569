import type postgres from 'postgres'

/** What each of the counters counts, as the rows have it. */
export const counted: readonly { readonly counter: string; readonly rows: string }[] = [
  { counter: 'like_count', rows: 'select track_id from track_likes' },
  { counter: 'like_count', rows: 'select playlist_id from playlist_likes' },
  { counter: 'like_count', rows: 'select comment_id from comment_likes' },
  { counter: 'repost_count', rows: 'select track_id from reposts' },
  { counter: 'comment_count', rows: 'select track_id from comments where is_counted' },
  {
    counter: 'reply_count',
    rows: 'select thread_id from comments where is_counted and thread_id is not null',
  },
  { counter: 'play_count', rows: 'select track_id from plays where is_counted' },
  { counter: 'follower_count', rows: 'select followed_id from follows' },
  { counter: 'follower_count', rows: 'select playlist_id from playlist_follows' },
  { counter: 'following_count', rows: 'select follower_id from follows' },
]

/** Each kind of rows is gathered by itself, so that what is put together is a row a thing. */
export async function fillCounts(sql: postgres.Sql): Promise<void> {
  const counters = [...new Set(counted.map(({ counter }) => counter))]
  const parts = counted.map(
    ({ counter, rows }) =>
      `select subject_id, '${counter}' as counter, count(*) as count
      from (${rows}) as rows (subject_id) group by subject_id`,
  )
  const sums = counters.map((counter) => `coalesce(sum(count) filter (where counter = '${counter}'), 0)`)
  await sql.unsafe(`
    insert into counts (subject_id, ${counters.join(', ')})
    select subject_id, ${sums.join(', ')}
    from (${parts.join(' union all ')}) parts
    group by subject_id
  `)
}
