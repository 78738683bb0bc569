import type { Db } from '../db/client.ts'
import type { WholeTrackRow } from './columns.ts'
import { findDifferences } from './differences.ts'
import { findComparedTrack } from './repository.ts'
import type { Viewer } from './visibility.ts'

/** A track as its own page shows it; undefined where the viewer may not know of it. */
export async function findTrack(db: Db, trackId: string, viewer: Viewer): Promise<WholeTrackRow | undefined> {
  const row = await findComparedTrack(db, trackId, viewer)
  if (!row) return undefined
  const { is_compared, claimed_ms, heard_ms, ...track } = row
  return { ...track, differences: is_compared ? findDifferences({ ...track, claimed_ms, heard_ms }) : null }
}
