import type { Sql } from '../../db/client.ts'
import { askAboutFile } from '../../moderation/same-file.ts'
import { moveUpload } from '../moves.ts'
import { findUploadByKey, lockTrack, pinVersion, type UploadProgress } from '../repository.ts'
import { findStep, hasUploadUnderWay, markTried } from '../steps-repository.ts'
import { beginAgain } from '../upload-resuming.ts'
import { discardCopy, insertVersion, markStored } from '../versions-repository.ts'
import { failStep } from '../watchdog.ts'
import type { Arrival, ArrivedObject, Intake } from './intake.ts'

type TrackFile = Arrival & Pick<UploadProgress, 'track_id' | 'version_id'>

/** Files of tracks: a clean one becomes a version. */
export function createTrackIntake({ sql }: { readonly sql: Sql }): Intake<TrackFile> {
  return {
    takes: (key) => key.startsWith('uploads/'),

    async find(key) {
      const upload = await findUploadByKey(sql, key)
      return (
        upload && { ...upload, clean_key: upload.version_key, unwanted: unwanted(upload.is_track_deleted) }
      )
    },

    begin: (file, object, at) => beginScan(sql, file, object, at),

    record: ({ id: upload_id, track_id, size_bytes, content_type }, verdict, at) =>
      sql.begin(async (tx) => {
        const track = await lockTrack(tx, track_id)
        const outcome = track?.is_deleted ? trackDeleted : verdict
        const reason = outcome.to === 'processing' ? undefined : outcome.reason
        const isFirst = await moveUpload(tx, upload_id, { from: 'scanning', to: outcome.to, reason, at })
        if (isFirst && outcome.to === 'processing') {
          const { sha256, definitions_version } = outcome
          const file = { sha256, size_bytes, content_type, definitions_version }
          await insertVersion(tx, { track_id, upload_id, ...file }, at)
          await askAboutFile(tx, { upload_id, sha256 })
        }
      }),

    async markStored({ version_id, clean_key }, copy, at) {
      if (await markStored(sql, version_id!, copy, at)) return
      await discardCopy(sql, { key: clean_key!, version_id: copy }, at)
    },

    markTried: ({ id }, at) => markTried(sql, id, at),

    giveUp: ({ id, track_id }, reason, at) =>
      sql.begin(async (tx) => {
        await lockTrack(tx, track_id)
        await failStep(tx, id, reason, at)
      }),

    resume: ({ id, track_id }, at) =>
      sql.begin(async (tx) => {
        const track = await lockTrack(tx, track_id)
        const isFree = !track?.is_deleted && !(await hasUploadUnderWay(tx, track_id))
        const step = isFree && (await findStep(tx, id))
        if (step) await beginAgain(tx, step, at)
      }),
  }
}

/** All of it is there, as this object. Whoever says so first is believed. */
export const beginScan = (
  sql: Sql,
  { id, track_id }: Pick<TrackFile, 'id' | 'track_id'>,
  object: ArrivedObject,
  at: Date,
): Promise<void> =>
  sql.begin(async (tx) => {
    await lockTrack(tx, track_id)
    const isFirst = await moveUpload(tx, id, { from: 'uploading', to: 'scanning', object, at })
    if (!isFirst) await pinVersion(tx, id, object)
  })

const trackDeleted = { to: 'failed', reason: 'track_deleted' } as const

const unwanted = (isTrackDeleted: boolean) => (isTrackDeleted ? trackDeleted.reason : null)
