import type { Db, Sql } from '../../db/client.ts'
import { isHeld } from '../../license-files/holding.ts'
import { discardMp3s } from '../../license-files/mp3-requests.ts'
import { discardMade } from '../../media/analysis/requests.ts'
import { dayMs, earlier } from '../../time.ts'

/** How long a version is kept at least, however many newer ones there are. */
const keptMs = 30 * dayMs

const batch = 100

/**
 * Gives up the files of versions that are neither among the newest of their track nor young nor playing, nor
 * promised to a buyer who may still download them; answers how many. The rows stay as history. A track that somebody is at waits for the next run.
 */
export const removeSurplusVersions = (sql: Sql, now: Date): Promise<number> =>
  sql.begin((tx) => removeSurplus(tx, now))

async function removeSurplus(db: Db, now: Date): Promise<number> {
  const removed = await markRemoved(db, now)
  const ids = removed.map(({ id }) => id)
  await discardMade(db, ids, now)
  await discardMp3s(db, ids, now)
  return removed.length
}

async function markRemoved(db: Db, now: Date): Promise<{ id: string }[]> {
  return db<{ id: string }[]>`
    with due as (
      select v.id, v.object_key, v.object_version_id
      from track_versions v
      join tracks t on t.id = v.track_id
      where v.is_surplus and v.removed_at is null and v.created_at <= ${earlier(now, keptMs)}
        and t.current_version_id is distinct from v.id and not ${isHeld(db, now)}
      order by v.created_at
      limit ${batch}
      for no key update of t, v skip locked
    ), discarded as (
      insert into discarded_objects (object_key, object_version_id, discarded_at)
      select object_key, object_version_id, ${now} from due
      on conflict do nothing
    )
    update track_versions v
    set removed_at = ${now}, revision = v.revision + 1
    from due
    where v.id = due.id
    returning v.id
  `
}
