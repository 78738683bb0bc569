import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import type { WholeTrackRow } from './columns.ts'
import { lockOwnTrack } from './locks.ts'
import { findTrack, insertTrack, listTracks, markAllDeleted, markDeleted } from './repository.ts'
import type { CreateTrack, ListTracks } from './schemas.ts'
import type { Viewer } from './visibility.ts'

export interface TrackDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type TrackService = ReturnType<typeof createTrackService>

const cursorValues = z.tuple([z.uuid()])

export function createTrackService({ sql, now = () => new Date() }: TrackDependencies) {
  const viewerOf = (actor: Actor | undefined): Viewer => ({ id: actor?.id })

  const get = async (actor: Actor | undefined, trackId: string): Promise<WholeTrackRow> => {
    const row = await findTrack(sql, trackId, viewerOf(actor))
    if (!row) throw new AppError('not_found')
    return row
  }

  return {
    get,

    /** The address goes on record with the uploader's word that the rights are theirs. */
    async create(actor: Actor, track: CreateTrack, ip: string): Promise<WholeTrackRow> {
      const at = now()
      const visibility = visibilityAt(at, track)
      const row = { ...track, visibility, owner_id: actor.id, rights_confirmed_ip: ip }
      const id = await insertTrack(sql, row, at)
      return get(actor, id)
    },

    async list(actor: Actor | undefined, { limit, cursor, artist }: ListTracks) {
      const scope = `tracks:${artist ?? ''}`
      const [before] = cursor === undefined ? [] : decodeCursor(scope, cursor, cursorValues)
      const rows = await listTracks(sql, viewerOf(actor), { artist, before, limit: limit + 1 })
      return toPage(rows, limit, ({ id }) => encodeCursor(scope, [id]))
    },

    /** `confirm` sees the present row before it goes, and may throw. */
    remove: (actor: Actor, trackId: string, confirm: (row: { revision: number }) => void): Promise<void> =>
      sql.begin(async (tx) => {
        const row = await lockOwnTrack(tx, trackId, actor.id)
        if (!row) throw new AppError('not_found')
        confirm(row)
        await markDeleted(tx, trackId, now())
      }),

    /** Within the transaction that ends the owner's account. */
    removeAllOf: (tx: Db, ownerId: string, at: Date): Promise<void> => markAllDeleted(tx, ownerId, at),
  }
}

/** What is to be public only later is scheduled until then. */
const visibilityAt = (now: Date, { visibility, release_at }: CreateTrack) =>
  visibility === 'public' && release_at && release_at > now ? 'scheduled' : visibility
