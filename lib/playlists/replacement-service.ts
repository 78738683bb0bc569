import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import type { OutboxRelay } from '../outbox.ts'
import { arrange, type Entry } from './arrangement.ts'
import { mostItems } from './item-schemas.ts'
import { deleteItems, insertItems, listAddableTracks, listPresentItems } from './items-repository.ts'
import { lockToChange } from './locking.ts'
import { ranksAfter } from './ranks.ts'
import { findLastRank, updateRanks } from './ranks-repository.ts'
import { findPlaylist, recountTotals } from './repository.ts'
import type { Playlist } from './schemas.ts'
import { tellOfUpdate } from './telling.ts'
import { unknownTracks } from './unknown-tracks.ts'

export interface ReplacementDependencies {
  readonly sql: Sql
  /** Without it an edit is told of once the outbox is swept. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type ReplaceItems = ReturnType<typeof createItemReplacement>

/** Makes the playlist hold these tracks in this order; items of tracks that stay are the same ones as before. */
export function createItemReplacement({ sql, relay, now = () => new Date() }: ReplacementDependencies) {
  return async (
    actor: Actor,
    playlistId: string,
    trackIds: readonly string[],
    confirm: Confirm,
  ): Promise<Playlist> => {
    const playlist = await sql.begin(async (tx) => {
      await lockToChange(tx, actor, playlistId, { needs: 'edit', confirm })
      const present = await listPresentItems(tx, actor, playlistId)
      const { entries, removed } = arrange(present, trackIds)
      if (entries.length > mostItems) throw new AppError('playlist_full')
      const durations = await findDurations(tx, actor, entries)
      refuseUnknown(trackIds, new Set([...present.map(({ track_id }) => track_id), ...durations.keys()]))
      const ranks = ranksAfter(await findLastRank(tx, playlistId), entries.length)
      const ranked = entries.map((entry, at) => ({ ...entry, rank: ranks[at]! }))
      await deleteItems(tx, playlistId, removed)
      const kept = ranked.filter((entry): entry is typeof entry & { id: string } => entry.id !== undefined)
      await updateRanks(
        tx,
        kept.map(({ id }) => id),
        kept.map(({ rank }) => rank),
      )
      const added = ranked.filter(({ id }) => id === undefined)
      await insertItems(
        tx,
        { playlist_id: playlistId, added_by: actor.id, added_at: now() },
        added.map(({ track_id, rank }) => ({ track_id, rank, duration_ms: durations.get(track_id)! })),
      )
      await recountTotals(tx, playlistId, now())
      await tellOfUpdate(tx, playlistId)
      return (await findPlaylist(tx, playlistId, actor))!
    })
    await relay?.flushSoon()
    return playlist
  }
}

/** By the id, of the tracks that are new and that the actor may see. */
async function findDurations(tx: Db, actor: Actor, entries: readonly Entry[]) {
  const ids = new Set(entries.filter(({ id }) => id === undefined).map(({ track_id }) => track_id))
  const tracks = await listAddableTracks(tx, actor, [...ids])
  return new Map(tracks.map(({ track_id, duration_ms }) => [track_id, duration_ms]))
}

function refuseUnknown(trackIds: readonly string[], known: ReadonlySet<string>) {
  const pointers = trackIds.flatMap((id, at) => (known.has(id) ? [] : [`#/body/track_ids/${at}`]))
  if (pointers.length > 0) throw unknownTracks(pointers)
}
