import type { JobQueue } from '../aws/job-queue.ts'
import type { Db, Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import { addToOutbox } from '../outbox.ts'
import { writeBucketEvent } from './s3-events.ts'
import { findStep, type StepState } from './steps-repository.ts'

/** Sends an upload through its present step once more, after the commit of the transaction. */
export const requestRedelivery = (tx: Db, uploadId: string): Promise<void> =>
  addToOutbox(tx, 'upload.redeliver', { upload_id: uploadId })

export interface RedeliveryDependencies {
  readonly sql: Sql
  readonly scanQueue: Pick<JobQueue, 'send'>
  readonly metadataQueue: Pick<JobQueue, 'send'>
}

/** Puts the message that S3 sent once on its queue again. Whoever gets it twice does the work once. */
export function createRedelivery({ sql, scanQueue, metadataQueue }: RedeliveryDependencies) {
  return async (uploadId: string): Promise<void> => {
    const step = await findStep(sql, uploadId)
    const message = step && messageOf(step)
    if (!message) return logger.info('There is nothing to send again', { upload_id: uploadId })
    const queue = isStored(step) ? metadataQueue : scanQueue
    const sent = await queue.send([{ id: uploadId, body: JSON.stringify(message) }])
    if (sent.length === 0) throw new Error('The queue did not take the message')
  }
}

/** A clean file that did not come to the library is the scanner's still. */
const isStored = ({ status, stored_at }: StepState) => status === 'processing' && stored_at !== null

function messageOf(step: StepState) {
  const { status, object_key, object_version_id, original_key, original_version_id, size_bytes } = step
  if (status !== 'scanning' && status !== 'processing') return undefined
  const [key, version_id] = isStored(step)
    ? [original_key, original_version_id]
    : [object_key, object_version_id]
  // What was begun before versions were kept on record cannot be named.
  if (!key || !version_id) return undefined
  return writeBucketEvent({ key, version_id, size_bytes, etag: step.object_etag ?? version_id })
}
