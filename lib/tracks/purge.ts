import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql, Transaction } from '../db/client.ts'
import { isForeignKeyViolation } from '../db/errors.ts'
import { discardMp3s } from '../license-files/mp3-requests.ts'
import { discardMade } from '../media/analysis/requests.ts'
import { removeFromPlaylists } from '../playlists/purging.ts'
import {
  buryTrack,
  deleteBelongings,
  deleteDiscarded,
  deleteUnreferenced,
  discardOriginals,
  keepLicensed,
  listDiscarded,
  listUnheld,
  lockDueTrack,
} from './purge-repository.ts'

/**
 * Ends tracks whose days of grace are over, one a call; answers how many it did. All of a track is one transaction:
 * after a crash it is due as before. Its files are only noted down, and go with the next removal.
 */
export function purgeDueTracks(sql: Sql, now: Date): Promise<number> {
  return sql.begin(async (tx) => {
    const trackId = await lockDueTrack(tx, now)
    if (!trackId) return 0
    await discardOriginals(tx, trackId, now)
    await discardMp3s(tx, await listUnheld(tx, trackId, now), now)
    await discardMade(tx, await keepLicensed(tx, trackId, now), now)
    await removeFromPlaylists(tx, trackId, now)
    await deleteBelongings(tx, trackId)
    await buryTrack(tx, trackId, now)
    await deleteTombstone(tx, trackId)
    return 1
  })
}

/** What else points to a track may forbid that it goes, without holding up the tracks after it. */
async function deleteTombstone(tx: Transaction, trackId: string): Promise<void> {
  try {
    await tx.savepoint((inner) => deleteUnreferenced(inner, trackId))
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error
  }
}

export interface RemovalDependencies {
  readonly sql: Sql
  readonly media: Pick<ObjectStore, 'remove'>
}

const batch = 20

/**
 * Removes files that no row names, some a call; answers how many. Removing one twice does no harm, so two runs may
 * meet, and what a crash leaves the next run finds.
 */
export function createRemoval({ sql, media }: RemovalDependencies) {
  return async (): Promise<number> => {
    const objects = await listDiscarded(sql, batch)
    await Promise.all(
      objects.map(({ object_key, object_version_id }) => media.remove(object_key, object_version_id)),
    )
    await deleteDiscarded(sql, objects)
    return objects.length
  }
}
