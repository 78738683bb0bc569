import type { Db, Sql } from '../../db/client.ts'
import { addAllToOutbox, addToOutbox } from '../../outbox.ts'
import { dayMs, earlier, later, minuteMs } from '../../time.ts'
import { discard } from './files-repository.ts'
import { markPreviewsDue } from './previews-repository.ts'
import { adoptVersions, giveUpSpent, insertAnalysis, listDue } from './repository.ts'

/** After so many it is given up. */
export const mostTries = 5

/** After each try; a worker has a quarter of an hour for one. */
const retryMinutes = [20, 30, 60, 240, 720] as const

export const retryAt = (at: Date, tries: number): Date =>
  later(at, (retryMinutes[tries - 1] ?? retryMinutes.at(-1)!) * minuteMs)

/** How long an event may take to be handled: longer than the queues are ever slow. */
const handledBy = (at: Date): Date => later(at, 30 * minuteMs)

/** Has a version listened to, in the transaction that lets it go on; it waits for nothing of that. */
export async function requestAnalysis(tx: Db, version_id: string, at: Date): Promise<void> {
  if (await insertAnalysis(tx, version_id, handledBy(at))) {
    await addToOutbox(tx, 'track.analyse', { version_id })
  }
}

/** In the transaction that changes what the preview of a track is to be, or which version plays. */
export async function requestPreviews(tx: Db, trackId: string, at: Date): Promise<void> {
  await addAllToOutbox(tx, 'track.analyse', await markPreviewsDue(tx, trackId, handledBy(at)))
}

/** Gives up all that was made of versions, in the transaction that takes them away; they may come back. */
export async function discardMade(tx: Db, versionIds: readonly string[], at: Date): Promise<void> {
  await discard(tx, tx`version_id = any(${versionIds}::uuid[])`, at)
  await tx`delete from track_previews where version_id = any(${versionIds}::uuid[])`
  await tx`delete from track_analyses where version_id = any(${versionIds}::uuid[])`
  await tx`update track_versions set waveform_sha256 = null where id = any(${versionIds}::uuid[])`
}

const batch = 100

/** Asks again for what nobody has done: a lost message, a worker that died, a failure that may have passed. */
export const requestDueAnalyses = (sql: Sql, now: Date): Promise<number> =>
  sql.begin(async (tx) => {
    const due = await listDue(tx, { now, next: handledBy(now), most: mostTries, limit: batch })
    await addAllToOutbox(tx, 'track.analyse', due)
    return due.length
  })

export const giveUpAnalyses = (sql: Sql, now: Date): Promise<number> =>
  giveUpSpent(sql, now, mostTries, batch)

export const adoptUnanalysed = (sql: Sql, now: Date): Promise<number> =>
  adoptVersions(sql, { since: earlier(now, 2 * dayMs), dueAt: now, limit: batch })
