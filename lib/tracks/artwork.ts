import type { Db } from '../db/client.ts'
import type { ImageHolder } from '../images/holder.ts'
import { lockEditableTrack } from './locks.ts'

/** Tracks and their artwork, in the charge of the owner and the editors. */
export const artworks: ImageHolder = {
  kind: 'artwork',
  lockFor: lockEditableTrack,
  lock: lockPresentTrack,
  isOpenTo: async (tx, trackId, userId) => (await lockEditableTrack(tx, trackId, userId)) !== undefined,
  show: markArtwork,
}

async function lockPresentTrack(tx: Db, trackId: string): Promise<boolean> {
  const rows = await tx`
    select from tracks where id = ${trackId} and deleted_at is null for no key update
  `
  return rows.length > 0
}

async function markArtwork(tx: Db, trackId: string, sha256: string | null, at: Date): Promise<void> {
  await tx`
    update tracks
    set artwork_sha256 = ${sha256}, revision = revision + 1, updated_at = ${at}
    where id = ${trackId} and artwork_sha256 is distinct from ${sha256}
  `
}
