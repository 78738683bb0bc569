import type { Db, Sql } from '../db/client.ts'
import type { Arrival, ArrivedObject, Intake } from '../media/scan/intake.ts'
import { addToOutbox } from '../outbox.ts'
import { moveImageUpload } from './repository.ts'

/** Pictures: clean ones are drawn anew. */
export function createImageIntake({ sql }: { readonly sql: Sql }): Intake {
  return {
    takes: (key) => key.startsWith('uploads/images/'),
    find: (key) => findArrival(sql, key),
    async begin({ id }, object, at) {
      if (await moveImageUpload(sql, id, { from: 'uploading', to: 'scanning', object, at })) return
      await pinVersion(sql, id, object)
    },
    record: ({ id }, verdict, at) =>
      sql.begin(async (tx) => {
        const reason = verdict.to === 'processing' ? undefined : verdict.reason
        const isFirst = await moveImageUpload(tx, id, { from: 'scanning', to: verdict.to, reason, at })
        if (isFirst && reason === 'infected') await addToOutbox(tx, 'upload.infected', { upload_id: id })
      }),
    // The object's own news names the version, and it is removed once it was drawn.
    markStored: ({ id }, _versionId, at) => markOriginalStored(sql, id, at),
    async giveUp({ id }, reason, at) {
      await moveImageUpload(sql, id, { from: 'scanning', to: 'failed', reason, at })
    },
  }
}

/** One that was given up has no place to go to. */
async function findArrival(db: Db, objectKey: string): Promise<Arrival | undefined> {
  const [row] = await db<[Arrival?]>`
    select
      id, object_key, object_etag, object_version_id, content_type, size_bytes, sha256, status, status_reason,
      case when status = 'processing' then original_key end as clean_key, stored_at, null as unwanted
    from image_uploads
    where object_key = ${objectKey}
  `
  return row
}

async function markOriginalStored(db: Db, uploadId: string, now: Date): Promise<void> {
  await db`update image_uploads set stored_at = ${now} where id = ${uploadId}`
}

/** For an upload that was begun before versions were kept on record. */
async function pinVersion(db: Db, uploadId: string, object: ArrivedObject): Promise<void> {
  await db`
    update image_uploads set object_version_id = ${object.version_id}
    where id = ${uploadId} and object_version_id is null and object_etag = ${object.etag}
  `
}
