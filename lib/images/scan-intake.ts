import type { Db, Sql } from '../db/client.ts'
import type { Arrival, Intake } from '../media/intake.ts'
import { moveImageUpload } from './repository.ts'

/** Pictures: clean ones are drawn anew. */
export function createImageIntake({ sql }: { readonly sql: Sql }): Intake {
  return {
    takes: (key) => key.startsWith('uploads/images/'),
    find: (key) => findArrival(sql, key),
    async begin({ id }, etag, at) {
      await moveImageUpload(sql, id, { from: 'uploading', to: 'scanning', etag, at })
    },
    async record({ id }, verdict, at) {
      const reason = verdict.to === 'processing' ? undefined : verdict.reason
      await moveImageUpload(sql, id, { from: 'scanning', to: verdict.to, reason, at })
    },
    markStored: ({ id }, at) => markOriginalStored(sql, id, at),
  }
}

/** One that was given up has no place to go to. */
async function findArrival(db: Db, objectKey: string): Promise<Arrival | undefined> {
  const [row] = await db<[Arrival?]>`
    select
      id, object_key, object_etag, content_type, size_bytes, sha256, status, status_reason,
      case when status = 'processing' then original_key end as clean_key, stored_at, null as unwanted
    from image_uploads
    where object_key = ${objectKey}
  `
  return row
}

async function markOriginalStored(db: Db, uploadId: string, now: Date): Promise<void> {
  await db`update image_uploads set stored_at = ${now} where id = ${uploadId}`
}
