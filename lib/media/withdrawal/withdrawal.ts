import { type Origin, recordAudit } from '../../audit/record.ts'
import { teamOf, tellEach } from '../../collaboration/telling.ts'
import type { Db } from '../../db/client.ts'
import { tellBuyers } from '../../license-files/telling.ts'
import type { Happening } from '../../notifications/kinds.ts'
import { addToOutbox } from '../../outbox.ts'
import { revokeVersion } from '../../revocations/revoking.ts'
import { discardMade, requestAnalysis } from '../analysis/requests.ts'
import { tellOfRejection } from '../rejection.ts'
import { lockTrack } from '../repository.ts'
import {
  confirmFinding,
  type Finding,
  letNextPlay,
  markReinstated,
  markWithdrawn,
  playAgain,
  rejectUpload,
  restoreUpload,
  stopPlaying,
  type Withdrawn,
} from './withdrawal-repository.ts'

export type { Finding }

/**
 * Takes a version out of circulation in which something was found after it had been let in. Nothing reads it any
 * more once the transaction is through, whatever was going on with it. False where that was done before.
 */
export async function withdrawVersion(
  tx: Db,
  trackId: string,
  finding: Finding,
  origin: Origin,
  at: Date,
): Promise<boolean> {
  await lockTrack(tx, trackId)
  const withdrawn = await markWithdrawn(tx, finding, at)
  if (!withdrawn) return false
  const { version_id, signature, definitions_version } = finding
  await revokeVersion(tx, version_id, 'infected', at)
  const { upload_id } = withdrawn
  await rejectUpload(tx, upload_id, at)
  await tellOfRejection(tx, { track_id: trackId, upload_id, reason: 'infected' }, origin.requestId)
  await stopPlaying(tx, version_id, upload_id, at)
  await letNextPlay(tx, trackId, at)
  await discardMade(tx, [version_id], at)
  const details = { signature, definitions_version, track_id: trackId }
  await audit(tx, 'version.withdrawn', withdrawn, { version_id, details }, origin, at)
  await tell(tx, 'version_withdrawn', withdrawn)
  for (const user_id of new Set([withdrawn.owner_id, withdrawn.uploaded_by])) {
    await addToOutbox(tx, 'mail.version_withdrawn', { user_id, version_id }, origin.requestId)
  }
  await tellBuyers(tx, version_id, origin.requestId)
  return true
}

export interface Clearing {
  readonly version_id: string
  readonly definitions_version: string
}

/** Puts a version back that a moderator asked to have scanned anew, and that was found clean. */
export async function reinstateVersion(
  tx: Db,
  trackId: string,
  { version_id, definitions_version }: Clearing,
  origin: Origin,
  at: Date,
): Promise<boolean> {
  await lockTrack(tx, trackId)
  const reinstated = await markReinstated(tx, version_id, definitions_version, at)
  if (!reinstated) return false
  const event = { track_id: trackId, version_id }
  const isReady = await restoreUpload(tx, version_id, at)
  if (isReady) await addToOutbox(tx, 'track.ready', event, origin.requestId)
  const plays = await playAgain(tx, version_id, at)
  if (plays) await addToOutbox(tx, 'track.version_published', event, origin.requestId)
  await requestAnalysis(tx, version_id, at)
  const details = { definitions_version, track_id: trackId }
  const entry = { version_id, details, actor_id: reinstated.reinstate_asked_by }
  await audit(tx, 'version.reinstated', reinstated, entry, origin, at)
  await tell(tx, 'version_reinstated', reinstated)
  return true
}

/** It was scanned anew as a moderator asked, and the scanner still finds something. */
export async function keepWithdrawn(tx: Db, trackId: string, finding: Finding, origin: Origin, at: Date) {
  await lockTrack(tx, trackId)
  if (!(await confirmFinding(tx, finding, at))) return
  const { version_id, signature, definitions_version } = finding
  const details = { signature, definitions_version, track_id: trackId }
  const entry = { action: 'version.reinstated', outcome: 'failure', target: `version:${version_id}` } as const
  await recordAudit(tx, { ...entry, details }, origin, at)
}

interface Told {
  readonly version_id: string
  readonly actor_id?: string
  readonly details: Readonly<Record<string, string>>
}

const audit = (
  tx: Db,
  action: 'version.withdrawn' | 'version.reinstated',
  { owner_id }: Withdrawn,
  { version_id, actor_id, details }: Told,
  origin: Origin,
  at: Date,
) =>
  recordAudit(
    tx,
    { action, actor_id, user_id: owner_id, target: `version:${version_id}`, details },
    origin,
    at,
  )

/** Everybody who works on the track, and who brought the file. */
async function tell(tx: Db, kind: Happening['kind'], { track_id, uploaded_by }: Withdrawn): Promise<void> {
  const recipients = new Set([...(await teamOf(tx, track_id)), uploaded_by])
  await tellEach(tx, [...recipients], { kind, track_id, actor_id: null })
}
