import type { Db, Fragment } from '../db/client.ts'
import { dayMs, earlier } from '../time.ts'
import type { UploadQuotas } from './quota-schemas.ts'

export interface Usage {
  readonly bytes: number
  readonly concurrent_uploads: number
  readonly files_per_day: number
}

/** Whoever counts what a user has and then adds to it takes this lock first, before that of any track. */
export async function lockUploader(tx: Db, userId: string): Promise<boolean> {
  const rows = await tx`select from users where id = ${userId} and deleted_at is null for no key update`
  return rows.length > 0
}

/** Of uploads `u`. */
const isOpen = (db: Db, now: Date): Fragment => db`(u.status = 'uploading' and u.expires_at > ${now})`

export async function findUsage(db: Db, userId: string, now: Date): Promise<Usage> {
  const [row] = await db<[Usage]>`
    select
      coalesce(sum(u.size_bytes) filter (where
        ${isOpen(db, now)} or u.status = 'scanning'
        or (v.id is not null and v.removed_at is null and v.withdrawn_at is null)
      ), 0)::bigint as bytes,
      count(*) filter (where ${isOpen(db, now)})::int as concurrent_uploads,
      count(*) filter (where u.created_at > ${earlier(now, dayMs)})::int as files_per_day
    from uploads u
    left join track_versions v on v.upload_id = u.id
    where u.created_by = ${userId}
  `
  return row
}

interface Window {
  readonly now: Date
  readonly limit: number
}

export function listOpenUploads(db: Db, userId: string, { now, limit }: Window) {
  return db<UploadQuotas['uploads']>`
    select u.id, u.track_id, u.filename, u.size_bytes, u.expires_at
    from uploads u
    join tracks t on t.id = u.track_id
    where u.created_by = ${userId} and ${isOpen(db, now)} and t.deleted_at is null
    order by u.created_at desc
    limit ${limit}
  `
}
