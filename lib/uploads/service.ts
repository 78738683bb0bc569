import type { Actor } from '../auth/actor.ts'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql } from '../db/client.ts'
import { AppError, unavailable } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import { logger } from '../logger.ts'
import type { OutboxRelay } from '../outbox.ts'
import { lockEditableTrack, lockTracks } from '../tracks/locks.ts'
import { createUploadCompletion } from './completion.ts'
import { type Ending, endUpload } from './ending.ts'
import { findEditableUpload, type UploadRow } from './repository.ts'
import { isLost, reserveUpload } from './reservation.ts'
import type { CompleteUpload, RequestUpload, SignParts, TrackUploadGrant } from './schemas.ts'
import { findSession, forgetMultipart, markOpened, type UploadSession } from './sessions-repository.ts'
import { createUploadSigner, urlExpiry } from './signing.ts'

export type UploadStore = Pick<
  ObjectStore,
  | 'presignPut'
  | 'presignPart'
  | 'createMultipart'
  | 'listParts'
  | 'completeMultipart'
  | 'abortMultipart'
  | 'find'
>

export interface UploadDependencies {
  readonly sql: Sql
  readonly store: UploadStore
  /** Without it those who are told of a rejection are so once the outbox is swept. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type UploadService = ReturnType<typeof createUploadService>

/** Seconds after which asking again is worth it. */
const pollSeconds = 2

/** Files of tracks on their way into the quarantine. The store is never asked within a transaction. */
export function createUploadService({ sql, store, relay, now = () => new Date() }: UploadDependencies) {
  const signer = createUploadSigner({ store })
  const completion = createUploadCompletion({ sql, store })

  const find = async (actor: Actor, trackId: string, uploadId: string): Promise<UploadSession> => {
    const session = await findSession(sql, trackId, uploadId, actor)
    if (!session) throw new AppError('not_found')
    return session
  }

  const end = ({ id, track_id }: UploadSession, ending: Ending) =>
    sql.begin(async (tx) => {
      await lockTracks(tx, tx`t.id = ${track_id}`)
      return endUpload(tx, id, ending, now())
    })

  /** What this leaves behind a sweep throws away. */
  const throwAway = async ({ id, object_key, multipart_id }: UploadSession) => {
    if (!multipart_id) return
    try {
      await store.abortMultipart(object_key, multipart_id)
      await forgetMultipart(sql, id)
    } catch (error) {
      logger.warn('The parts of an upload were left to the sweep', { error, upload_id: id })
    }
  }

  const open = async (session: UploadSession): Promise<UploadSession> => {
    const { id, object_key, content_type, verifies_parts } = session
    let multipart_id: string
    try {
      multipart_id = await store.createMultipart(object_key, { content_type, verifies_parts })
    } catch (error) {
      await end(session, { status: 'failed', status_reason: 'storage_unavailable' })
      throw unavailable(error)
    }
    const opened = { ...session, multipart_id }
    if (await markOpened(sql, id, { multipart_id, looks_at: urlExpiry(now()) })) return opened
    await throwAway(opened)
    throw new AppError('upload_over', 'It was aborted meanwhile')
  }

  const get = async (actor: Actor, trackId: string, uploadId: string): Promise<UploadRow> => {
    const upload = await findEditableUpload(sql, trackId, uploadId, actor)
    if (!upload) throw new AppError('not_found')
    const { object_key, multipart_id, ...row } = upload
    const isInParts = row.status === 'uploading' && multipart_id !== null
    const parts = isInParts ? await store.listParts(object_key, multipart_id) : undefined
    const parts_uploaded = (parts ?? []).map(({ part_number, etag, size_bytes }) => ({
      part_number,
      etag,
      size_bytes,
    }))
    return { ...row, parts_uploaded }
  }

  return {
    /** Grants the upload of exactly the declared bytes, straight to the bucket. */
    async grant(
      actor: Actor,
      track_id: string,
      request: RequestUpload,
      ip: string,
    ): Promise<TrackUploadGrant> {
      const reserved = await sql.begin((tx) => reserveUpload(tx, { actor, track_id, request, ip }, now()))
      return signer.grant(reserved.mode === 'single' ? reserved : await open(reserved), now())
    },

    get,

    async signParts(actor: Actor, trackId: string, uploadId: string, asked: SignParts) {
      const session = await find(actor, trackId, uploadId)
      requireOpen(session, now())
      if (session.completed_at) throw new AppError('upload_over', 'It is being put together')
      return signer.sign(session, asked, now())
    },

    /** As often as it is asked for: what is complete stays so. */
    async complete(
      actor: Actor,
      trackId: string,
      uploadId: string,
      given: CompleteUpload,
    ): Promise<UploadRow> {
      const session = await find(actor, trackId, uploadId)
      if (isUnfinished(session)) {
        requireOpen(session, now())
        await completion.complete(session, given, now()).catch(async (error) => {
          if (error instanceof AppError && error.code === 'payload_too_large') {
            await end(session, { status: 'rejected', status_reason: 'too_large' })
            await relay?.flushSoon()
            await throwAway(session)
            throw error
          }
          // Another call may have completed it since, and the scan have taken the object away.
          if (isUnfinished(await find(actor, trackId, uploadId))) throw error
        })
      }
      const upload = await get(actor, trackId, uploadId)
      if (upload.status === 'failed')
        throw new AppError('upload_over', `It has ended: ${upload.status_reason}`)
      return upload
    },

    /**
     * What has failed already stays as it is; what is being scanned is not the uploader's any more. `confirm` sees
     * the present row and may throw.
     */
    async abort(actor: Actor, trackId: string, uploadId: string, confirm: Confirm): Promise<void> {
      const ended = await sql.begin(async (tx) => {
        const isHeld = await lockEditableTrack(tx, trackId, actor.id)
        const session = isHeld && (await findSession(tx, trackId, uploadId, actor))
        if (!session) throw new AppError('not_found')
        confirm(session)
        if (session.status !== 'failed' && !(await endUpload(tx, uploadId, aborted, now()))) {
          throw new AppError('upload_over', `It is ${session.status}`)
        }
        return session
      })
      await throwAway(ended)
    },
  }
}

const isUnfinished = ({ status }: UploadSession) => status === 'uploading' || status === 'failed'

const aborted: Ending = { status: 'failed', status_reason: 'upload_aborted' }

function requireOpen(session: UploadSession, at: Date): void {
  const { status, status_reason } = session
  if (status !== 'uploading') throw new AppError('upload_over', `It has ended: ${status_reason ?? status}`)
  if (isLost(session, at)) throw new AppError('upload_over', 'Its time is over')
  if (session.mode === 'multipart' && session.multipart_id === null && !session.completed_at) {
    throw new AppError('conflict', 'It is just being begun')
  }
}

const resting: readonly UploadRow['status'][] = ['ready', 'rejected', 'failed']

/** Seconds until the status may have changed; undefined when it will not. */
export const retryAfter = ({ status }: UploadRow) => (resting.includes(status) ? undefined : pollSeconds)
