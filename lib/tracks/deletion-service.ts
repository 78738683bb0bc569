import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import { teamOf } from '../collaboration/telling.ts'
import type { Db, Sql } from '../db/client.ts'
import { micros } from '../db/micros.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import type { Confirm } from '../http/etag.ts'
import type { PageQuery } from '../http/route.ts'
import { resumePrepare } from '../media/streams/prepare-jobs.ts'
import { addAllToOutbox, addToOutbox, type OutboxRelay } from '../outbox.ts'
import { forgetAllOf } from '../plays/history-service.ts'
import { revokeTrack } from '../revocations/revoking.ts'
import { dayMs, later } from '../time.ts'
import { endUploadsTo } from '../uploads/ending.ts'
import type { WholeTrackRow } from './columns.ts'
import {
  findPlaying,
  listDeleted,
  listTeams,
  markAllDeleted,
  markDeleted,
  markRestored,
} from './deletion-repository.ts'
import { lockOwnTrack } from './locks.ts'
import { removeReactionsOf } from './reaction-service.ts'
import { deleteSharesOf } from './shares/repository.ts'
import { findTrack } from './whole-track.ts'

/** How long a deletion can be taken back. */
const graceMs = 30 * dayMs

export interface TrackDeletionDependencies {
  readonly sql: Sql
  /** Without it those who work on a track are told once the outbox is swept. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type TrackDeletionService = ReturnType<typeof createTrackDeletionService>

const cursorValues = z.tuple([micros, z.uuid()])

/** Taking a track away, which hides it everywhere at once, and thinking better of it. */
export function createTrackDeletionService(dependencies: TrackDeletionDependencies) {
  const { sql, relay, now = () => new Date() } = dependencies

  return {
    /** `confirm` sees the present row before it goes, and may throw. */
    async remove(actor: Actor, trackId: string, confirm: Confirm): Promise<void> {
      await sql.begin(async (tx) => {
        const row = await lockOwnTrack(tx, trackId, actor.id)
        if (!row) throw new AppError('not_found')
        confirm(row)
        const at = now()
        await markDeleted(tx, trackId, { at, purges_at: later(at, graceMs) })
        await revokeTrack(tx, trackId, 'track_deleted', at)
        await addToOutbox(tx, 'track.deleted', { track_id: trackId, account_ids: await teamOf(tx, trackId) })
      })
      await relay?.flushSoon()
    },

    /** A track that is there stays as it is; one whose stream nobody makes any more is asked for again. */
    async restore(actor: Actor, trackId: string): Promise<WholeTrackRow> {
      const at = now()
      const isRestored = await sql.begin(async (tx) => {
        const isBack = await markRestored(tx, trackId, actor.id, at)
        if (isBack) await resumePrepare(tx, trackId, at)
        const version_id = isBack && (await findPlaying(tx, trackId))
        if (version_id) await addToOutbox(tx, 'track.ready', { track_id: trackId, version_id })
        return isBack
      })
      await relay?.flushSoon()
      const row = await findTrack(sql, trackId, actor)
      if (!row || (!isRestored && row.owner.id !== actor.id)) throw new AppError('not_found')
      return row
    },

    async list(actor: Actor, { limit, cursor }: PageQuery) {
      const scope = `deleted-tracks:${actor.id}`
      const before = cursor === undefined ? undefined : decodeCursor(scope, cursor, cursorValues)
      const rows = await listDeleted(sql, { owner_id: actor.id, now: now(), before, limit: limit + 1 })
      return toPage(rows, limit, ({ micros, id }) => encodeCursor(scope, [micros, id]))
    },
  }
}

/** Within the transaction that ends the owner's account: nobody is left who could take it back. */
export async function endTracksOf(tx: Db, ownerId: string, at: Date): Promise<void> {
  await endUploadsTo(tx, ownerId, at)
  await addAllToOutbox(tx, 'track.deleted', await listTeams(tx, ownerId))
  await markAllDeleted(tx, ownerId, { at, purges_at: at })
  await removeReactionsOf(tx, ownerId)
  await deleteSharesOf(tx, ownerId)
  await forgetAllOf(tx, ownerId)
}
