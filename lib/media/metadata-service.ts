import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import type { OutboxRelay } from '../outbox.ts'
import type { ArtworkIntake } from './artwork-intake.ts'
import { type AudioMetadata, type Inspected, inspectAudio } from './metadata.ts'
import { requestPrepare } from './prepare-jobs.ts'
import { createRangedSource } from './ranged-source.ts'
import { lockTrack, type Move, moveUpload } from './repository.ts'
import type { WrittenObject } from './s3-events.ts'
import { readPicture } from './tags/read-picture.ts'
import { findVersionByKey, markInspected, type Version } from './versions-repository.ts'

export interface MetadataDependencies {
  readonly sql: Sql
  readonly media: Pick<ObjectStore, 'getRange'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly artwork: ArtworkIntake
  readonly now?: () => Date
}

/** Reads what a clean file is and hands it to the stream server, or refuses it with the reason. */
export function createMetadataService({ sql, media, relay, now = () => new Date() }: MetadataDependencies) {
  return {
    async handle({ key }: WrittenObject): Promise<void> {
      const version = await findVersionByKey(sql, key)
      if (version?.upload_status !== 'processing') {
        return logger.info('No version is waiting for this object', { key })
      }
      const source = createRangedSource(media, key, version.size_bytes)
      const inspection = await inspectAudio(source, version)
      const { size_bytes } = version
      logger.info('A file was inspected', {
        version_id: version.id,
        size_bytes,
        bytes_read: source.bytesRead(),
      })
      if ('rejected' in inspection) return reject(version, inspection.rejected)
      await prepare(version, inspection.metadata)
      await relay.flushSoon()
    },
  }

  async function reject(version: Version, reason: string) {
    await sql.begin((tx) => move(tx, version, { to: 'rejected', reason }))
  }

  /** The job is asked for in the transaction that names it, so that there is never one without the other. */
  async function prepare(version: Version, metadata: AudioMetadata) {
    await sql.begin(async (tx) => {
      if (!(await move(tx, version, { to: 'transcoding' }))) return
      await markInspected(tx, version.id, metadata)
      await requestPrepare(tx, version, now())
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
