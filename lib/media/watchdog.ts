import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import { dayMs, earlier, minuteMs } from '../time.ts'
import { moveUpload } from './moves.ts'
import type { StatusReason } from './reasons.ts'
import { requestRedelivery } from './redelivery.ts'
import { lockTrack } from './repository.ts'
import { findStep, listHopeless, lockHopeless, markRedelivered, type StepState } from './steps-repository.ts'

/** Longer than the longest wait between two tries of a queue. */
const patienceMs = 20 * minuteMs

/** How long a message may stand in its queue behind others: while it does, nothing is wrong with its upload. */
const backlogMs = dayMs

const batch = 50

/** Sends on what no worker has touched for too long: its message got lost, or ended where nobody reads it. */
export const redeliverStuck = (sql: Sql, now: Date): Promise<number> =>
  sql.begin(async (tx) => {
    const ids = await markRedelivered(tx, { before: earlier(now, patienceMs), now, limit: batch })
    for (const id of ids) await requestRedelivery(tx, id)
    if (ids.length > 0) logger.warn('Uploads were stuck and are sent on', { upload_ids: ids })
    return ids.length
  })

/** Gives up what stayed stuck all the same; its uploader sees it and may try again. */
export async function failStuck(sql: Sql, now: Date): Promise<number> {
  const patience = { silent: earlier(now, patienceMs), unread: earlier(now, backlogMs) }
  const hopeless = await listHopeless(sql, patience, batch)
  let failed = 0
  for (const { id, track_id } of hopeless) {
    const isFailed = await sql.begin(async (tx) => {
      await lockTrack(tx, track_id)
      return (await lockHopeless(tx, id, patience)) && failStep(tx, id, undefined, now)
    })
    if (isFailed) failed++
  }
  return failed
}

/** The caller holds the lock of the track. Nothing happens to an upload that has gone on. */
export async function failStep(
  tx: Parameters<typeof lockTrack>[0],
  uploadId: string,
  reason: StatusReason | undefined,
  at: Date,
): Promise<boolean> {
  const step = await findStep(tx, uploadId)
  if (step?.status !== 'scanning' && step?.status !== 'processing') return false
  const failure = reason ?? reasonOf(step)
  logger.error('An upload was given up', { upload_id: uploadId, step: step.status, reason: failure })
  return moveUpload(tx, uploadId, { from: step.status, to: 'failed', reason: failure, at })
}

const reasonOf = ({ stored_at }: StepState): StatusReason => (stored_at ? 'metadata_failed' : 'scan_failed')
