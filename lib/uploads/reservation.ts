import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { dayMs, later, minuteMs } from '../time.ts'
import { type HeldTrack, lockEditableTrack } from '../tracks/locks.ts'
import { listDuplicates } from './duplicates.ts'
import { endUpload } from './ending.ts'
import { modeOf } from './parts.ts'
import { requireQuota } from './quotas.ts'
import { lockUploader } from './quotas-repository.ts'
import { findLiveUpload, type LiveUpload, markUploading } from './repository.ts'
import type { RequestUpload } from './schemas.ts'
import { insertUpload, type UploadSession } from './sessions-repository.ts'
import { urlExpiry } from './signing.ts'

/** How long an upload may take, with new addresses as often as they are asked for. */
const sessionMs = dayMs

/** How long the store may take to begin one in parts; after that nobody will. */
const openingMs = minuteMs

export interface Reservation {
  readonly actor: Actor
  readonly track_id: string
  readonly request: RequestUpload
  readonly ip: string
}

/** A place for one more file of a track, if all that is asked of it holds. */
export async function reserveUpload(tx: Db, { actor, track_id, request, ip }: Reservation, at: Date) {
  if (!(await lockUploader(tx, actor.id))) throw new AppError('not_found')
  const track = await lockEditableTrack(tx, track_id, actor.id)
  if (!track) throw new AppError('not_found')
  requireRights(track, actor, request)
  await makeWay(tx, track_id, at)
  await requireQuota(tx, actor.id, request.size_bytes, at)
  await requireNew(tx, track, actor, request)
  const division = modeOf(request.size_bytes)
  const upload = { ...request, ...division, track_id, created_by: actor.id, ip }
  const times = {
    expires_at: later(at, sessionMs),
    looks_at: division.mode === 'single' ? urlExpiry(at) : later(at, openingMs),
  }
  const session = await insertUpload(tx, { ...upload, ...times }, at)
  await markUploading(tx, track_id, at)
  return session
}

/** The owner has given their word for the track. Whoever else uploads to it gives their own. */
function requireRights({ owner_id }: HeldTrack, { id }: Actor, { rights_confirmed }: RequestUpload): void {
  if (owner_id === id || rights_confirmed) return
  const detail = 'Confirm that you hold the rights to what you upload to the track of somebody else'
  throw new AppError('validation_failed', undefined, {
    errors: [{ pointer: '#/body/rights_confirmed', code: 'required', detail }],
  })
}

async function makeWay(tx: Db, trackId: string, at: Date): Promise<void> {
  const live = await findLiveUpload(tx, trackId)
  if (!live) return
  const { id: upload_id, status } = live
  if (!isLost(live, at)) {
    throw new AppError('upload_in_progress', `It is ${status}`, { extensions: { upload_id } })
  }
  await endUpload(tx, upload_id, { status: 'failed', status_reason: 'upload_expired' }, at)
}

/** Nothing more will come of it: its time is over, or whoever began it did not get to the end of that. */
export const isLost = (upload: LiveUpload | UploadSession, at: Date): boolean =>
  upload.status === 'uploading' && (upload.expires_at <= at || isUnopened(upload, at))

const isUnopened = ({ mode, multipart_id, completed_at, created_at }: LiveUpload, at: Date) =>
  mode === 'multipart' && multipart_id === null && completed_at === null && later(created_at, openingMs) <= at

async function requireNew(tx: Db, { owner_id }: HeldTrack, viewer: Actor, request: RequestUpload) {
  const { sha256, allow_duplicate } = request
  if (!sha256 || allow_duplicate) return
  const track_ids = await listDuplicates(tx, { owner_id, sha256, viewer })
  if (track_ids.length > 0) throw new AppError('duplicate_file', undefined, { extensions: { track_ids } })
}
