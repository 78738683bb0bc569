import type { Db, Fragment } from '../db/client.ts'
import { isEditable, trackTables, type Viewer } from '../tracks/visibility.ts'

/** As many as are worth naming. */
const most = 20

/**
 * Tracks that have the very same file and the same owner. Only those that the viewer may change: an editor learns
 * nothing of what else the owner has.
 */
export async function listDuplicates(
  db: Db,
  {
    owner_id,
    sha256,
    viewer,
  }: { readonly owner_id: string; readonly sha256: string; readonly viewer: Viewer },
): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select distinct t.id
    from ${trackTables(db, viewer)}
    join track_versions d on d.track_id = t.id
    where d.sha256 = ${sha256} and ${isKept(db)} and t.owner_id = ${owner_id} and t.deleted_at is null
      and ${isEditable(db, viewer)}
    order by t.id
    limit ${most}
  `
  return rows.map(({ id }) => id)
}

/** Of versions `d`. */
export const isKept = (db: Db): Fragment => db`(d.removed_at is null and d.withdrawn_at is null)`
