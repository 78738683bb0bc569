import type { Db, Fragment } from '../db/client.ts'
import type { Counter } from './counts.ts'

/** Where a counter comes from: what it should be, told by the rows alone. */
export interface CountSource {
  readonly counter: Counter
  /** The table of what is counted on; its key is `id`. */
  readonly subjects: 'tracks' | 'users' | 'playlists' | 'comments'
  /** An expression: how many rows count for the subject. An index finds them by it. */
  readonly recount: (db: Db, subjectId: Fragment) => Fragment
  /** A condition, where rows are kept for a time only: when it does not hold they say how many there were at least. */
  readonly isWhole?: (db: Db, subjectId: Fragment) => Fragment
}

/** A domain that counts something says here how to count it anew. */
export const countSources = {
  track_likes: {
    counter: 'like_count',
    subjects: 'tracks',
    recount: (db, id) => db`select count(*) from track_likes l where l.track_id = ${id}`,
  },
  track_reposts: {
    counter: 'repost_count',
    subjects: 'tracks',
    recount: (db, id) => db`select count(*) from reposts r where r.track_id = ${id}`,
  },
  track_plays: {
    counter: 'play_count',
    subjects: 'tracks',
    recount: (db, id) =>
      db`select count(*) from plays p where p.track_id = ${id} and p.is_counted and p.filtered is null`,
    // Plays are kept for 13 months.
    isWhole: (db, id) =>
      db`(select t.created_at > now() - interval '12 months' from tracks t where t.id = ${id})`,
  },
  track_comments: {
    counter: 'comment_count',
    subjects: 'tracks',
    recount: (db, id) => db`select count(*) from comments c where c.track_id = ${id} and c.is_counted`,
  },
  comment_replies: {
    counter: 'reply_count',
    subjects: 'comments',
    recount: (db, id) => db`select count(*) from comments r where r.thread_id = ${id} and r.is_counted`,
  },
  comment_likes: {
    counter: 'like_count',
    subjects: 'comments',
    recount: (db, id) => db`select count(*) from comment_likes l where l.comment_id = ${id}`,
  },
  playlist_likes: {
    counter: 'like_count',
    subjects: 'playlists',
    recount: (db, id) => db`select count(*) from playlist_likes l where l.playlist_id = ${id}`,
  },
  playlist_followers: {
    counter: 'follower_count',
    subjects: 'playlists',
    recount: (db, id) => db`select count(*) from playlist_follows f where f.playlist_id = ${id}`,
  },
  followers: {
    counter: 'follower_count',
    subjects: 'users',
    recount: (db, id) => db`select count(*) from follows f where f.followed_id = ${id}`,
  },
  following: {
    counter: 'following_count',
    subjects: 'users',
    recount: (db, id) => db`select count(*) from follows f where f.follower_id = ${id}`,
  },
} as const satisfies Readonly<Record<string, CountSource>>

export type CountSourceName = keyof typeof countSources
