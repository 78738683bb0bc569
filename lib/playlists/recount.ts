import type { Sql } from '../db/client.ts'
import { dayMs, earlier } from '../time.ts'
import { listDueForRecount, refreshDurations, setTotals } from './recount-repository.ts'

/** Together they hold 500 000 items at most. */
const batchSize = 50

/** A little less than a day, so that a run that began late finds those of the last one due. */
const everyMs = dayMs * 0.9

/**
 * Counts the items of playlists anew and adds up how long their tracks last by now: a track gets another version,
 * or is purged. Answers how many playlists it looked at, each about once a day.
 */
export const recountPlaylists = (sql: Sql, now: Date): Promise<number> =>
  sql.begin(async (tx) => {
    const ids = await listDueForRecount(tx, earlier(now, everyMs), batchSize)
    if (ids.length === 0) return 0
    await refreshDurations(tx, ids)
    await setTotals(tx, ids, now)
    return ids.length
  })
