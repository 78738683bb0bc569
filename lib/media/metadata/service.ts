import type { ObjectStore } from '../../aws/object-store.ts'
import type { Sql } from '../../db/client.ts'
import { logger } from '../../logger.ts'
import type { OutboxRelay } from '../../outbox.ts'
import { requestAnalysis } from '../analysis/requests.ts'
import { type Move, moveUpload } from '../moves.ts'
import { lockTrack } from '../repository.ts'
import type { WrittenObject } from '../s3-events.ts'
import { markTried } from '../steps-repository.ts'
import { requestPrepare } from '../streams/prepare-jobs.ts'
import {
  discardOriginal,
  findVersionByKey,
  markInspected,
  markStored,
  type Version,
} from '../versions-repository.ts'
import { failStep } from '../watchdog.ts'
import type { ArtworkIntake } from './artwork-intake.ts'
import { type AudioMetadata, type Inspected, inspectAudio } from './metadata.ts'
import { createRangedSource } from './ranged-source.ts'
import { readPicture } from './tags/read-picture.ts'

export interface MetadataDependencies {
  readonly sql: Sql
  readonly media: Pick<ObjectStore, 'getRange'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly artwork: ArtworkIntake
  readonly now?: () => Date
}

/** Of the largest picture that is taken, as Ogg writes it, and what stands before it. */
const mostPictureBytes = 24 * 1024 ** 2

/** Statuses of an upload whose file was found good. */
const past: readonly Version['upload_status'][] = ['transcoding', 'ready']

type Original = Version & { readonly object_version_id: string }

/** The news of the copy may be here before its record is. */
const isOf = ({ object_version_id }: Version, versionId: string) =>
  object_version_id === null || object_version_id === versionId

/** Reads what a clean file is and hands it to the stream server, or refuses it with the reason. */
export function createMetadataService(dependencies: MetadataDependencies) {
  const { sql, media, relay, artwork, now = () => new Date() } = dependencies

  return {
    async handle({ key, version_id }: WrittenObject): Promise<void> {
      const version = await findVersionByKey(sql, key)
      const isMeant = version && isOf(version, version_id)
      if (!isMeant || !(version.upload_status === 'processing' || past.includes(version.upload_status))) {
        return logger.info('No version is waiting for this object', { key, version_id })
      }
      const original = { ...version, object_version_id: version_id }
      await markTried(sql, version.upload_id, now())
      const inspection = await inspect(original)
      if ('rejected' in inspection) return reject(version, inspection.rejected)
      if (version.upload_status === 'processing') {
        await prepare(original, inspection.metadata)
        await relay.flushSoon()
      }
      // Also when it is told of again: whoever did the above may have come no further.
      await takePicture(original, inspection)
    },

    /** After the last try of a message. */
    async giveUp({ key, version_id }: WrittenObject): Promise<void> {
      const version = await findVersionByKey(sql, key)
      if (!version || !isOf(version, version_id)) return
      await sql.begin(async (tx) => {
        await lockTrack(tx, version.track_id)
        await failStep(tx, version.upload_id, 'metadata_failed', now())
      })
    },
  }

  async function inspect(version: Original) {
    const { id, object_key, object_version_id: versionId, size_bytes } = version
    const source = createRangedSource(media, object_key, size_bytes, { versionId })
    const started = performance.now()
    const inspection = await inspectAudio(source, version)
    const duration_ms = Math.round(performance.now() - started)
    const outcome = 'rejected' in inspection ? inspection.rejected : inspection.metadata.codec
    const bytes_read = source.bytesRead()
    logger.info('A file was inspected', { version_id: id, size_bytes, bytes_read, duration_ms, outcome })
    return inspection
  }

  /** Read from a source of its own: how much that may be is no matter of the inspection. */
  async function takePicture({ id, track_id, uploaded_by, ...version }: Original, { picture }: Inspected) {
    if (!picture) return
    const read = () => {
      const { object_key, object_version_id: versionId, size_bytes } = version
      const limits = { versionId, maxBytes: mostPictureBytes }
      return readPicture(createRangedSource(media, object_key, size_bytes, limits), picture)
    }
    const { size_bytes } = picture
    await artwork.take({ version_id: id, track_id, uploaded_by }, { size_bytes, read })
  }

  async function reject(version: Version, reason: string) {
    await sql.begin(async (tx) => {
      if (await move(tx, version, { to: 'rejected', reason })) await discardOriginal(tx, version, now())
    })
    await relay.flushSoon()
  }

  /** The job is asked for in the transaction that names it, so that there is never one without the other. */
  async function prepare(version: Original, metadata: AudioMetadata) {
    await sql.begin(async (tx) => {
      if (!(await move(tx, version, { to: 'transcoding' }))) return
      await markInspected(tx, version.id, metadata)
      await markStored(tx, version.id, version.object_version_id, now())
      await requestPrepare(tx, version, now())
      await requestAnalysis(tx, version.id, now())
    })
  }

  /** False when there is nothing more to do: the track is gone, or another delivery was faster. */
  async function move(
    tx: Parameters<typeof lockTrack>[0],
    { track_id, upload_id }: Version,
    step: Pick<Move, 'to' | 'reason'>,
  ): Promise<boolean> {
    const track = await lockTrack(tx, track_id)
    const at = now()
    if (track?.is_deleted) {
      await moveUpload(tx, upload_id, { from: 'processing', to: 'failed', reason: 'track_deleted', at })
      return false
    }
    return moveUpload(tx, upload_id, { from: 'processing', ...step, at })
  }
}
