import type { Db, Sql } from '../db/client.ts'
import { addAllToOutbox } from '../outbox.ts'
import { later, minuteMs } from '../time.ts'
import { discardMp3sOf, giveUpSpentMp3s, insertMp3s, listDueMp3s } from './mp3-repository.ts'

/** After so many it is given up. */
export const mostMp3Tries = 5

/** How long an event may take to be handled: longer than the queues are ever slow. */
const handledBy = (at: Date): Date => later(at, 30 * minuteMs)

/** Has the MP3s of versions made that nobody asked for yet, in the transaction that promises them. */
export async function requestMp3s(tx: Db, versionIds: readonly string[], at: Date): Promise<void> {
  if (versionIds.length === 0) return
  await addAllToOutbox(tx, 'track.make_mp3', await insertMp3s(tx, versionIds, handledBy(at)))
}

/** Gives up the MP3s of versions, in the transaction that gives up the versions themselves. */
export const discardMp3s = (tx: Db, versionIds: readonly string[], at: Date): Promise<void> =>
  discardMp3sOf(tx, versionIds, at)

const batch = 100

/** Asks again for what nobody has made: a lost message, a worker that died, a failure that may have passed. */
export const requestDueMp3s = (sql: Sql, now: Date): Promise<number> =>
  sql.begin(async (tx) => {
    const due = await listDueMp3s(tx, { now, next: handledBy(now), most: mostMp3Tries, limit: batch })
    await addAllToOutbox(tx, 'track.make_mp3', due)
    return due.length
  })

export const giveUpMp3s = (sql: Sql, now: Date): Promise<number> =>
  giveUpSpentMp3s(sql, now, mostMp3Tries, batch)
