import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { micros } from '../db/micros.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import { pageById } from '../http/id-page.ts'
import { isNamed, listNewest, listOwn } from './newest-repository.ts'

export interface NewestQuery {
  /** A username. */
  readonly artist?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

export type NewestTracks = ReturnType<typeof createNewestTracks>

const newestCursor = z.tuple([micros, z.uuid()])

/** Tracks in the order in which they came out, of everybody or of one artist. */
export function createNewestTracks({ sql }: { readonly sql: Sql }) {
  const newest = async (actor: Actor | undefined, { artist, cursor, limit }: NewestQuery) => {
    const scope = `tracks:newest:${artist ?? ''}`
    const place = cursor === undefined ? undefined : decodeCursor(scope, cursor, newestCursor)
    const after = place && { at: place[0], id: place[1] }
    const rows = await listNewest(sql, { id: actor?.id }, artist, after, limit + 1)
    return toPage(rows, limit, ({ at, id }) => encodeCursor(scope, [at, id]))
  }

  const own = (actor: Actor, query: NewestQuery) =>
    pageById(`tracks:own:${actor.id}`, query, (before, limit) => listOwn(sql, actor, before, limit))

  return {
    /** An artist finds all of their own under their name, in any state; others what is public. */
    async list(actor: Actor | undefined, query: NewestQuery) {
      const { artist } = query
      const isOwn = actor && artist !== undefined && (await isNamed(sql, actor.id, artist))
      return isOwn ? own(actor, query) : newest(actor, query)
    },
  }
}
