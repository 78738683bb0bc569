import type { Db, Sql } from '../db/client.ts'
import { requestCall } from '../stripe/calls.ts'
import { dayMs, earlier, later } from '../time.ts'
import { hasCall, listWithout } from './evidence-repository.ts'

/** It is handed in three days after the dispute was opened, or a day before it is due. */
const submitAfterMs = 3 * dayMs
const submitBeforeMs = dayMs

const batch = 50

async function requestAll(
  tx: Db,
  kind: 'stage_evidence' | 'submit_evidence',
  openedBefore: Date,
  now: Date,
): Promise<number> {
  const due = await listWithout(tx, kind, {
    openedBefore,
    dueBefore: later(now, submitBeforeMs),
    limit: batch,
  })
  for (const { id } of due) await requestCall(tx, kind, id, now)
  return due.length
}

/** In the transaction that learns of a dispute, which holds the lock of its order. */
export async function requestEvidence(tx: Db, disputeId: string, now: Date): Promise<void> {
  if (!(await hasCall(tx, disputeId, 'stage_evidence')))
    await requestCall(tx, 'stage_evidence', disputeId, now)
}

/** For a dispute that was told of and nobody has gathered evidence for. */
export const stageEvidence = (sql: Sql, now: Date): Promise<number> =>
  sql.begin((tx) => requestAll(tx, 'stage_evidence', now, now))

/** Once for each dispute: after the last try somebody is called. */
export const submitDueEvidence = (sql: Sql, now: Date): Promise<number> =>
  sql.begin((tx) => requestAll(tx, 'submit_evidence', earlier(now, submitAfterMs), now))
