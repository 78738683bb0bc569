import type { Db } from '../db/client.ts'
import { sessionColumns, type UploadSession } from './sessions-repository.ts'

interface Batch {
  readonly now: Date
  readonly next: Date
  readonly limit: number
}

/** Those that are still being uploaded and were not looked at for a while; nobody else gets them before `next`. */
export async function takeUnheard(db: Db, { now, next, limit }: Batch): Promise<UploadSession[]> {
  return db<UploadSession[]>`
    update uploads u
    set looks_at = ${next}
    where u.id in (
      select id from uploads
      where status = 'uploading' and looks_at <= ${now}
      order by looks_at
      limit ${limit}
      for update skip locked
    )
    returning ${sessionColumns(db)}
  `
}

/** Those that are over and left parts behind. */
export async function listUnaborted(db: Db, limit: number): Promise<UploadSession[]> {
  return db<UploadSession[]>`
    select ${sessionColumns(db)}
    from uploads u
    where u.multipart_id is not null and u.status in ('rejected', 'failed')
    order by u.updated_at
    limit ${limit}
  `
}
