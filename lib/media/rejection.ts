import type { Db } from '../db/client.ts'
import { addEachToOutbox, type OutboxEvent } from '../outbox.ts'

export interface Rejection {
  readonly track_id: string
  readonly upload_id: string
  readonly reason: string | undefined
}

/** Tells of a file that is not taken, or not any more, within the transaction that rejects its upload. */
export async function tellOfRejection(tx: Db, rejection: Rejection, requestId?: string): Promise<void> {
  const { track_id, upload_id, reason } = rejection
  const events: OutboxEvent[] = [{ type: 'track.rejected', payload: { track_id, upload_id } }]
  if (reason === 'infected') events.push({ type: 'upload.infected', payload: { upload_id } })
  await addEachToOutbox(tx, events, requestId)
}
