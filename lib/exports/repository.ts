import type { Db } from '../db/client.ts'
import type { DataExport } from './schemas.ts'

export type ExportRow = Omit<DataExport, 'url'> & { readonly object_key: string | null }

const columns = (db: Db) => db`id, status, size_bytes, created_at, expires_at, object_key`

/** Undefined while another one of the user is being made. */
export async function insertExport(db: Db, userId: string, now: Date): Promise<ExportRow | undefined> {
  const [row] = await db<[ExportRow?]>`
    insert into data_exports (user_id, created_at) values (${userId}, ${now})
    on conflict do nothing
    returning ${columns(db)}
  `
  return row
}

export async function findOwnExport(db: Db, id: string, userId: string): Promise<ExportRow | undefined> {
  const [row] = await db<[ExportRow?]>`
    select ${columns(db)} from data_exports where id = ${id} and user_id = ${userId}
  `
  return row
}

/** Whose export it is, while it has not been made. */
export async function findPendingOwner(db: Db, id: string): Promise<string | undefined> {
  const [row] = await db<[{ user_id: string }?]>`
    select user_id from data_exports where id = ${id} and status = 'pending'
  `
  return row?.user_id
}

export interface FinishedExport {
  readonly id: string
  readonly object_key: string
  readonly size_bytes: number
  readonly ready_at: Date
  readonly expires_at: Date
}

/** False when it is not waited for any more. */
export async function markReady(db: Db, file: FinishedExport): Promise<boolean> {
  const { count } = await db`
    update data_exports
    set status = 'ready', object_key = ${file.object_key}, size_bytes = ${file.size_bytes},
      ready_at = ${file.ready_at}, expires_at = ${file.expires_at}
    where id = ${file.id} and status = 'pending'
  `
  return count === 1
}

/** Those whose making was given up: no try is left that could still finish them. */
export async function markAbandonedFailed(db: Db, before: Date): Promise<number> {
  const { count } = await db`
    update data_exports set status = 'failed'
    where id in (
      select id from data_exports
      where status = 'pending' and created_at < ${before}
      limit 1000
      for update skip locked
    )
  `
  return count
}

export interface StoredExport {
  readonly id: string
  readonly object_key: string
}

export async function listExpired(db: Db, now: Date, limit: number): Promise<StoredExport[]> {
  return db<StoredExport[]>`
    select id, object_key
    from data_exports
    where status = 'ready' and expires_at <= ${now}
    order by expires_at
    limit ${limit}
  `
}

export async function markExpired(db: Db, ids: readonly string[]): Promise<void> {
  await db`
    update data_exports set status = 'expired', object_key = null where id = any(${ids}::uuid[])
  `
}

/** Those of accounts that are gone, of which nothing is to be left. */
export async function deleteBuried(db: Db, ids: readonly string[]): Promise<void> {
  await db`
    delete from data_exports export
    using users
    where export.id = any(${ids}::uuid[]) and users.id = export.user_id and users.deleted_at is not null
  `
}

/** Those of the user that have no file. */
export async function deleteUnstored(db: Db, userId: string): Promise<void> {
  await db`delete from data_exports where user_id = ${userId} and object_key is null`
}

export async function markAllExpiring(db: Db, userId: string, now: Date): Promise<void> {
  await db`
    update data_exports set expires_at = ${now}
    where user_id = ${userId} and status = 'ready' and expires_at > ${now}
  `
}
