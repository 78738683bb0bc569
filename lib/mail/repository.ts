import type { Suspension } from '../auth/suspension.ts'
import type { Db } from '../db/client.ts'
import type { SecurityNotice } from './security-letters.ts'

export interface Recipient extends Suspension {
  readonly id: string
  readonly username: string
  readonly email: string
  readonly email_verified_at: Date | null
  readonly suspended_reason: string | null
  /** When the account ends, as was asked for. */
  readonly deletes_at: Date | null
}

export async function findRecipient(db: Db, userId: string): Promise<Recipient | undefined> {
  const [row] = await db<[Recipient?]>`
    select
      id, username, email, email_verified_at, suspended_at, suspended_until, suspended_reason, deletes_at
    from users
    where id = ${userId} and deleted_at is null
  `
  return row
}

export interface AddressChange {
  readonly username: string
  readonly email: string
  readonly new_email: string
  /** Of the account that the new address belongs to already. */
  readonly owner_id: string | null
}

/** The one that the notice tells of, if no other has taken its place. */
export async function findAddressChange(
  db: Db,
  userId: string,
  noticeId: string,
  now: Date,
): Promise<AddressChange | undefined> {
  const [row] = await db<[AddressChange?]>`
    select users.username, users.email, new_email, owner.id as owner_id
    from email_changes change
    join security_notices notice on notice.id = ${noticeId} and notice.created_at = change.created_at
    join users on users.id = change.user_id
    left join users owner on owner.email = new_email
    where change.user_id = ${userId} and change.expires_at > ${now} and users.deleted_at is null
  `
  return row
}

export interface NoticeRow extends SecurityNotice {
  readonly id: string
  readonly user_id: string
  readonly email: string
  readonly session_id: string | null
}

/** What happened to whom, and where to say so. */
export async function findNotice(db: Db, noticeId: string): Promise<NoticeRow | undefined> {
  const [row] = await db<[NoticeRow?]>`
    select
      notice.id, kind, notice.user_id, notice.email, username, session_id, ip, user_agent, notice.created_at,
      (
        select count(*)::int from recovery_codes code where code.user_id = notice.user_id and used_at is null
      ) as recovery_codes_left
    from security_notices notice
    join users on users.id = notice.user_id
    where notice.id = ${noticeId}
  `
  return row
}

export interface Withdrawal {
  readonly username: string
  readonly email: string
  readonly title: string
  readonly number: number
  readonly filename: string
  readonly found_signature: string
}

/** What a user is to be told of a version in which something was found. */
export async function findWithdrawal(
  db: Db,
  userId: string,
  versionId: string,
): Promise<Withdrawal | undefined> {
  const [row] = await db<[Withdrawal?]>`
    select users.username, users.email, t.title, v.number, u.filename, v.found_signature
    from track_versions v
    join uploads u on u.id = v.upload_id
    join tracks t on t.id = v.track_id
    join users on users.id = ${userId} and users.deleted_at is null
    where v.id = ${versionId} and v.withdrawn_at is not null
  `
  return row
}

export type LicensedWithdrawal = Pick<Withdrawal, 'username' | 'email' | 'title' | 'found_signature'>

/** What a buyer is to be told of a version in which something was found, by the title that they bought it under. */
export async function findLicensedWithdrawal(
  db: Db,
  userId: string,
  versionId: string,
): Promise<LicensedWithdrawal | undefined> {
  const [row] = await db<[LicensedWithdrawal?]>`
    select users.username, users.email, f.title, v.found_signature
    from license_files f
    join licenses l on l.id = f.license_id and l.status <> 'revoked'
    join track_versions v on v.id = f.version_id
    join users on users.id = l.buyer_id and users.deleted_at is null
    where f.version_id = ${versionId} and l.buyer_id = ${userId} and v.withdrawn_at is not null
    order by f.id desc
    limit 1
  `
  return row
}
