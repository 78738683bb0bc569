import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import type { Confirm } from '../http/etag.ts'
import type { PageQuery } from '../http/route.ts'
import type { OutboxRelay } from '../outbox.ts'
import { listTracksByIds } from '../tracks/columns.ts'
import { isVisible, type Viewer } from '../tracks/visibility.ts'
import { type AddItem, type Item, mostItems } from './item-schemas.ts'
import {
  countUpTo,
  deleteItems,
  findItem,
  findItemOf,
  type ItemRow,
  insertItems,
  listAddableTracks,
  listItems,
} from './items-repository.ts'
import { lockToChange } from './locking.ts'
import { findRank } from './placing.ts'
import { updateRanks } from './ranks-repository.ts'
import { addToTotals, findPlaylist, type TotalsChange } from './repository.ts'
import type { Playlist } from './schemas.ts'
import { tellOfUpdate } from './telling.ts'
import { unknownTracks } from './unknown-tracks.ts'

export interface ItemDependencies {
  readonly sql: Sql
  /** Without it an edit is told of once the outbox is swept. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type ItemService = ReturnType<typeof createItemService>

/** A rank, how many items are not behind it, and the revision in which they were so many. */
const cursorValues = z.tuple([
  z.string().check(z.regex(/^[0-9A-Za-z]{2,250}$/)),
  z.int().check(z.minimum(0), z.maximum(mostItems)),
  z.int(),
])

export function createItemService({ sql, relay, now = () => new Date() }: ItemDependencies) {
  const edit = async <T>(
    actor: Actor,
    playlistId: string,
    confirm: Confirm,
    work: (tx: Db, playlist: Playlist) => Promise<T>,
  ): Promise<T> => {
    const edited = await sql.begin(async (tx) =>
      work(tx, await lockToChange(tx, actor, playlistId, { needs: 'edit', confirm })),
    )
    await relay?.flushSoon()
    return edited as T
  }

  const count = async (tx: Db, playlistId: string, change: TotalsChange) => {
    await addToTotals(tx, playlistId, change, now())
    await tellOfUpdate(tx, playlistId)
  }

  return {
    async list(actor: Actor | undefined, playlistId: string, { limit, cursor }: PageQuery) {
      const viewer: Viewer = { id: actor?.id }
      const playlist = await findPlaylist(sql, playlistId, viewer)
      if (!playlist) throw new AppError('not_found')
      const scope = `playlist_items:${playlist.id}`
      const start =
        cursor === undefined
          ? atFront
          : await placeOf(sql, playlist, decodeCursor(scope, cursor, cursorValues))
      const rows = await listItems(sql, viewer, playlistId, { ...start, limit: limit + 1 })
      const { data, ...page } = toPage(rows, limit, ({ rank, position }) =>
        encodeCursor(scope, [rank, position, playlist.revision]),
      )
      return { ...page, data: await withTracks(sql, viewer, data) }
    },

    /** The item, and whether it is new. */
    add: (
      actor: Actor,
      playlistId: string,
      { track_id, after, allow_duplicates }: AddItem,
      confirm: Confirm,
    ) =>
      edit(actor, playlistId, confirm, async (tx, playlist) => {
        const [track] = await listAddableTracks(tx, actor, [track_id])
        if (!track) throw unknownTracks(['#/body/track_id'])
        const present = allow_duplicates ? undefined : await findItemOf(tx, playlistId, track_id)
        if (present !== undefined)
          return { item: await getItem(tx, actor, playlistId, present), isNew: false }
        if (playlist.item_count >= mostItems) throw new AppError('playlist_full')
        const rank = await findRank(tx, playlistId, { after })
        const addition = { playlist_id: playlistId, added_by: actor.id, added_at: now() }
        const [id] = await insertItems(tx, addition, [{ ...track, rank }])
        await count(tx, playlistId, { items: 1, duration_ms: track.duration_ms })
        return { item: await getItem(tx, actor, playlistId, id!), isNew: true }
      }),

    move: (actor: Actor, playlistId: string, itemId: string, after: string | null, confirm: Confirm) =>
      edit(actor, playlistId, confirm, async (tx) => {
        const item = await getItem(tx, actor, playlistId, itemId)
        if (after === itemId) return item
        const rank = await findRank(tx, playlistId, { after, moving: itemId })
        await updateRanks(tx, [itemId], [rank])
        await count(tx, playlistId, { items: 0, duration_ms: 0 })
        return getItem(tx, actor, playlistId, itemId)
      }),

    remove: (actor: Actor, playlistId: string, itemId: string, confirm: Confirm): Promise<void> =>
      edit(actor, playlistId, confirm, async (tx) => {
        const duration_ms = await deleteItems(tx, playlistId, [itemId])
        if (duration_ms === undefined) throw new AppError('not_found')
        await count(tx, playlistId, { items: -1, duration_ms: -duration_ms })
      }),
  }
}

const atFront = { after: undefined, skipped: 0 }

/** The count of the cursor holds for the list as it was; where that was edited since, it is made anew. */
async function placeOf(
  sql: Sql,
  { id, revision }: Playlist,
  [after, skipped, then]: z.output<typeof cursorValues>,
) {
  return { after, skipped: then === revision ? skipped : await countUpTo(sql, id, after) }
}

/** An item whose track the actor may see. */
async function getItem(tx: Db, actor: Actor, playlistId: string, itemId: string): Promise<Item> {
  const row = await findItem(tx, actor, playlistId, itemId)
  const [item] = row ? await withTracks(tx, actor, [row]) : []
  if (!item) throw new AppError('not_found')
  return item
}

/** Without those whose track was hidden a moment ago. */
async function withTracks(db: Db, viewer: Viewer, rows: readonly ItemRow[]): Promise<Item[]> {
  const ids = [...new Set(rows.map(({ track_id }) => track_id))]
  const tracks = new Map(
    (await listTracksByIds(db, viewer, ids, isVisible)).map((track) => [track.id, track]),
  )
  return rows.flatMap((row) => {
    const track = tracks.get(row.track_id)
    return track ? [{ ...row, track }] : []
  })
}
