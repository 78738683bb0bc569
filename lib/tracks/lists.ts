import { createHash } from 'node:crypto'
import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import { listHidden } from '../relations/hiding.ts'
import type { TrackQuery, TrackSearch } from '../search/port.ts'
import type { FacetQuery, ListTracks, SuggestionQuery } from '../search/schemas.ts'
import { listTracksByIds } from './columns.ts'
import { createNewestTracks } from './newest.ts'
import { isListed } from './visibility.ts'

export interface TrackListDependencies {
  readonly sql: Sql
  readonly search: TrackSearch
}

export type TrackLists = ReturnType<typeof createTrackLists>

const searchCursor = z.tuple([
  z.int().check(z.minimum(0), z.maximum(3)),
  z.literal([0, 1]),
  z.number(),
  z.uuid(),
])

/** Tracks to come upon: the newest, those of an artist, what was searched for. */
export function createTrackLists({ sql, search }: TrackListDependencies) {
  const newest = createNewestTracks({ sql })

  /** What has become hidden since it was found is left out, and so a page may be shorter than was asked for. */
  const find = async (actor: Actor | undefined, { cursor, limit, tag, sort, ...filters }: ListTracks) => {
    const asked = { ...filters, tags: tag, sort: sort ?? (filters.q ? 'relevance' : 'newest') } as const
    const scope = scopeOf(asked)
    const after = cursor === undefined ? undefined : decodeCursor(scope, cursor, searchCursor)
    const hits = await search.find(
      { ...asked, hidden_owner_ids: await listHidden(sql, actor?.id) },
      after,
      limit + 1,
    )
    const page = toPage(hits, limit, ({ position }) => encodeCursor(scope, position))
    const ids = page.data.map(({ id }) => id)
    return { ...page, data: await listTracksByIds(sql, { id: actor?.id }, ids, isListed) }
  }

  return {
    list(actor: Actor | undefined, query: ListTracks) {
      const { limit, cursor, artist, sort = 'newest', period: _period, ...filters } = query
      const isPlain = sort === 'newest' && Object.values(filters).every((value) => value === undefined)
      return isPlain ? newest.list(actor, { artist, cursor, limit }) : find(actor, query)
    },

    facets: async (actor: Actor | undefined, { tag, ...filters }: FacetQuery) =>
      search.count({
        ...filters,
        tags: tag,
        sort: 'popular',
        period: 'all',
        hidden_owner_ids: await listHidden(sql, actor?.id),
      }),

    suggest: async (actor: Actor | undefined, { q, limit }: SuggestionQuery) => ({
      data: [...(await search.suggest(q, await listHidden(sql, actor?.id), limit))],
    }),
  }
}

/** Every part of a query in one short text: a cursor is good for this query alone. */
function scopeOf(query: Omit<TrackQuery, 'hidden_owner_ids'>): string {
  const parts = Object.entries(query).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `tracks:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`
}
