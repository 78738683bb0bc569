import * as z from 'zod/mini'
import type { Actor } from '../../auth/actor.ts'
import type { Sql } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../../http/cursor.ts'
import type { Confirm } from '../../http/etag.ts'
import type { PageQuery } from '../../http/route.ts'
import { requestPreviews } from '../../media/analysis/requests.ts'
import { addToOutbox, type OutboxRelay } from '../../outbox.ts'
import { lockEditableTrack } from '../locks.ts'
import {
  findVersionOf,
  isEditableTrack,
  listVersions,
  markChosen,
  markPlaying,
  updateLabel,
  type VersionRow,
} from './repository.ts'

export interface VersionDependencies {
  readonly sql: Sql
  /** Without it those who are told that another version plays are so once the outbox is swept. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type VersionService = ReturnType<typeof createVersionService>

const cursorValues = z.tuple([z.int().check(z.minimum(1), z.maximum(2 ** 31 - 1))])

/** Every master that a track has had, and which one of them plays. */
export function createVersionService({ sql, relay, now = () => new Date() }: VersionDependencies) {
  const get = async (actor: Actor, trackId: string, versionId: string): Promise<VersionRow> => {
    const row = await findVersionOf(sql, actor, trackId, versionId)
    if (!row) throw new AppError('not_found')
    return row
  }

  return {
    get,

    async list(actor: Actor, track_id: string, { limit, cursor }: PageQuery) {
      const scope = `versions:${track_id}`
      const [before] = cursor === undefined ? [] : decodeCursor(scope, cursor, cursorValues)
      const rows = await listVersions(sql, actor, { track_id, before, limit: limit + 1 })
      if (rows.length === 0 && !(await isEditableTrack(sql, actor, track_id))) throw new AppError('not_found')
      return toPage(rows, limit, ({ number }) => encodeCursor(scope, [number]))
    },

    /** `confirm` sees the present row and may throw. */
    async rename(
      actor: Actor,
      trackId: string,
      versionId: string,
      label: string | null,
      confirm: Confirm,
    ): Promise<VersionRow> {
      await sql.begin(async (tx) => {
        if (!(await lockEditableTrack(tx, trackId, actor.id))) throw new AppError('not_found')
        const version = await findVersionOf(tx, actor, trackId, versionId)
        if (!version) throw new AppError('not_found')
        confirm(version)
        await updateLabel(tx, versionId, label, now())
      })
      return get(actor, trackId, versionId)
    },

    /**
     * Has the track play that version, an older or a newer one. It is a choice, also where that one plays
     * already: an upload that is under way becomes a version and plays only if it is chosen in turn.
     */
    async activate(actor: Actor, trackId: string, versionId: string): Promise<void> {
      await sql.begin(async (tx) => {
        if (!(await lockEditableTrack(tx, trackId, actor.id))) throw new AppError('not_found')
        const version = await findVersionOf(tx, actor, trackId, versionId)
        if (!version) throw new AppError('not_found')
        if (version.status === 'withdrawn') throw new AppError('version_withdrawn')
        if (version.status !== 'ready') {
          throw new AppError('track_not_ready', `The version is ${version.status}`)
        }
        await markChosen(tx, trackId)
        if (await markPlaying(tx, trackId, versionId, now())) {
          await addToOutbox(tx, 'track.version_published', { track_id: trackId, version_id: versionId })
        }
        await requestPreviews(tx, trackId, now())
      })
      await relay?.flushSoon()
    },
  }
}
