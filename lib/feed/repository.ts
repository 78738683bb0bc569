import type { Db } from '../db/client.ts'
import { toMicros } from '../db/micros.ts'
import { isUnmuted } from '../relations/hiding.ts'
import { personOf } from '../users/person.ts'
import { doingsOfEach, type Place, recentDoings } from './doings.ts'

export interface Candidate extends Place {
  readonly track_id: string
  /** Null where its artist published it. */
  readonly reposted_by: {
    readonly id: string
    readonly username: string
    readonly display_name: string
  } | null
  /** False where a later entry is about the same track, or whoever reposted it is no longer there. */
  readonly stands: boolean
}

/** How many a user follows, counted up to `most`. */
export async function countFollowed(db: Db, readerId: string, most: number): Promise<number> {
  const [row] = await db<[{ count: number }]>`
    select count(*)::int as count
    from (select from follows where follower_id = ${readerId} limit ${most}) followed
  `
  return row.count
}

export interface CandidateQuery {
  readonly before: Place | undefined
  readonly limit: number
  /**
   * `each`: every one of the followed is asked, and nothing is missed. `recent`: what anybody has done of late is
   * looked through, which costs the same however many are followed; fewer than `limit` say that it was not enough.
   */
  readonly by: 'each' | 'recent'
}

/** The newest that those whom the reader follows have published or reposted; what became of the tracks is asked later. */
export function listCandidates(db: Db, readerId: string, query: CandidateQuery): Promise<Candidate[]> {
  const { before, limit } = query
  const doings = query.by === 'each' ? doingsOfEach(db, before, limit) : recentDoings(db, before)
  return db<Candidate[]>`
    with followed as materialized (
      select f.followed_id as id
      from follows f
      where f.follower_id = ${readerId} and ${isUnmuted(db, readerId, db`f.followed_id`)}
    ), candidate as materialized (
      select at, key, track_id, user_id from (${doings}) done order by at desc, key desc limit ${limit}
    )
    select
      ${toMicros(db, db`c.at`)} as at, c.key, c.track_id,
      case when u.id is not null then
        ${personOf(db, 'u')}
      end as reposted_by,
      (c.user_id is null or u.id is not null) and not exists (
        select from reposts r
        join followed f on f.id = r.user_id
        join users later on later.id = r.user_id and later.deletes_at is null
        where r.track_id = c.track_id and (uuid_extract_timestamp(r.id), r.id) > (c.at, c.key)
      ) and not exists (
        select from tracks t join followed f on f.id = t.owner_id
        where t.id = c.track_id and (t.published_at, t.id) > (c.at, c.key)
      ) as stands
    from candidate c
    left join users u on u.id = c.user_id and u.deletes_at is null
    order by c.at desc, c.key desc
  `
}
