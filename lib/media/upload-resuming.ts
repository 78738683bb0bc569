import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { dayMs, later } from '../time.ts'
import { moveUpload } from './moves.ts'
import { explainStatus, findReason, reasons } from './reasons.ts'
import { requestRedelivery } from './redelivery.ts'
import type { UploadStatus } from './repository.ts'
import { findStep, type StepState } from './steps-repository.ts'
import { requestPrepare } from './streams/prepare-jobs.ts'
import { findVersion } from './versions-repository.ts'

/**
 * Takes a failed upload back to the step that failed; undefined when it is none that can be tried again. The caller
 * holds the lock of its track, and has made sure that nothing else is under way there.
 */
export async function beginAgain(tx: Db, step: StepState, at: Date): Promise<UploadStatus | undefined> {
  const retry = findReason(step.status_reason)?.retry
  if (!retry) return undefined
  const to = retry === 'stream' ? 'transcoding' : step.version_id ? 'processing' : 'scanning'
  return (await moveUpload(tx, step.id, { from: 'failed', to, at })) ? to : undefined
}

/** A day less than the quarantine keeps what is left in it. */
const keptMs = 6 * dayMs

interface Retry {
  readonly track_id: string
  readonly upload_id: string
  /** What is under way on the track. */
  readonly live: { readonly id: string; readonly status: string } | undefined
}

/** Has the step of an upload that failed done once more. The caller holds the lock of the track. */
export async function retryUploadStep(tx: Db, { track_id, upload_id, live }: Retry, at: Date): Promise<void> {
  const step = await findStep(tx, upload_id)
  if (step?.track_id !== track_id) throw new AppError('not_found')
  if (live) {
    const extensions = { upload_id: live.id }
    throw new AppError('upload_in_progress', `It is ${live.status}`, { extensions })
  }
  await requireRetryable(tx, step, at)
  const to = await beginAgain(tx, step, at)
  if (to === 'transcoding') await requestPrepare(tx, { id: step.version_id!, track_id: step.track_id }, at)
  else if (to) await requestRedelivery(tx, step.id)
}

async function requireRetryable(tx: Db, step: StepState, at: Date): Promise<void> {
  const { can_retry, status_detail } = explainStatus(step)
  if (!can_retry) throw notRetryable(step.status_reason ?? step.status, status_detail ?? undefined)
  if (step.stored_at === null && later(step.created_at, keptMs) <= at) {
    throw notRetryable('file_missing', reasons.file_missing.detail)
  }
  if (step.version_id) await requireWanted(tx, step, step.version_id)
}

async function requireWanted(tx: Db, step: StepState, versionId: string): Promise<void> {
  const version = await findVersion(tx, step.track_id, versionId)
  if (!version) throw notRetryable('file_missing', reasons.file_missing.detail)
  if (version.is_overtaken) throw notRetryable('replaced', 'A newer version is ready')
}

const notRetryable = (status_reason: string, detail?: string) =>
  new AppError('upload_not_retryable', detail, { extensions: { status_reason } })
