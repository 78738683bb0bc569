import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Db, Fragment, Sql } from '../db/client.ts'
import { micros } from '../db/micros.ts'
import { decodeCursor, encodeCursor } from '../http/cursor.ts'
import type { PageQuery } from '../http/route.ts'
import { isUnmuted } from '../relations/hiding.ts'
import { listTracksByIds, type TrackRow } from '../tracks/columns.ts'
import { isListed, type Viewer } from '../tracks/visibility.ts'
import { defaultSettings } from '../users/settings.ts'
import type { Place } from './doings.ts'
import { type Candidate, type CandidateQuery, countFollowed, listCandidates } from './repository.ts'

export type FeedService = ReturnType<typeof createFeedService>

export interface FeedEntry extends Place {
  readonly track: TrackRow
  readonly reposted_by: Candidate['reposted_by']
}

const place = z.tuple([micros, z.uuid()])

/** Looked at beyond what fills the page, for some of what is found is hidden from the reader. */
const spare = 10
/** However much is hidden: a page may then be short, and the cursor leads on. */
const mostRounds = 5

/** What those whom a user follows have published and reposted, each track once, at its latest. */
export function createFeedService({ sql }: { readonly sql: Sql }) {
  return {
    async list({ id }: Actor, { limit, cursor }: PageQuery) {
      const scope = `feed:${id}`
      const [at, key] = cursor === undefined ? [] : decodeCursor(scope, cursor, place)
      let before = at === undefined || key === undefined ? undefined : { at, key }
      const search = await createSearch(sql, id)
      const entries: FeedEntry[] = []
      let isOver = false
      for (let round = 0; round < mostRounds && entries.length <= limit && !isOver; round++) {
        const size = limit + 1 + spare
        const candidates = await search(before, size)
        entries.push(...(await fill(sql, { id }, candidates)))
        before = candidates.at(-1) ?? before
        isOver = candidates.length < size
      }
      const shown = entries.slice(0, limit)
      const has_more = entries.length > limit || !isOver
      const last = entries.length > limit ? shown.at(-1) : before
      return {
        data: shown.map(({ at, track, reposted_by }) => ({ at: new Date(at / 1_000), track, reposted_by })),
        has_more,
        next_cursor: has_more && last ? encodeCursor(scope, [last.at, last.key]) : null,
      }
    },
  }
}

/** From so many on, what anybody has done of late is looked through first. */
const manyFollowed = 500

async function createSearch(sql: Sql, readerId: string) {
  const isBusy = (await countFollowed(sql, readerId, manyFollowed)) === manyFollowed
  const search = (by: CandidateQuery['by'], before: Place | undefined, limit: number) =>
    listCandidates(sql, readerId, { by, before, limit })

  return async (before: Place | undefined, limit: number): Promise<Candidate[]> => {
    const recent = isBusy ? await search('recent', before, limit) : []
    return recent.length === limit ? recent : search('each', before, limit)
  }
}

/** Only what stands, of tracks that the reader may come upon. */
async function fill(sql: Sql, viewer: Viewer, candidates: readonly Candidate[]): Promise<FeedEntry[]> {
  const standing = candidates.filter(({ stands }) => stands)
  const ids = [...new Set(standing.map(({ track_id }) => track_id))]
  const tracks = new Map(
    (await listTracksByIds(sql, viewer, ids, isOffered)).map((track) => [track.id, track]),
  )
  return standing.flatMap((candidate) => {
    const track = tracks.get(candidate.track_id)
    // The latest entry of a track comes first.
    tracks.delete(candidate.track_id)
    return track ? [{ ...candidate, track }] : []
  })
}

/** Explicit tracks are for those who want them, and muted artists are reposted in vain. */
const isOffered = (db: Db, viewer: Viewer): Fragment => db`(
  ${isListed(db, viewer)} and ${isUnmuted(db, viewer.id, db`t.owner_id`)}
  and (not t.is_explicit or coalesce(
    (select (u.settings ->> 'allow_explicit')::boolean from users u where u.id = ${viewer.id!}),
    ${defaultSettings.allow_explicit}
  ))
)`
