import type { Db } from '../db/client.ts'
import type { SecurityNotice } from './security-letters.ts'

export interface Recipient {
  readonly id: string
  readonly username: string
  readonly email: string
  readonly email_verified_at: Date | null
}

export async function findRecipient(db: Db, userId: string): Promise<Recipient | undefined> {
  const [row] = await db<[Recipient?]>`
    select id, username, email, email_verified_at
    from users
    where id = ${userId}
  `
  return row
}

export interface NoticeRow extends SecurityNotice {
  readonly user_id: string
  readonly email: string
  readonly session_id: string | null
}

/** What happened to whom, and where to say so. */
export async function findNotice(db: Db, noticeId: string): Promise<NoticeRow | undefined> {
  const [row] = await db<[NoticeRow?]>`
    select kind, user_id, notice.email, username, session_id, ip, user_agent, notice.created_at
    from security_notices notice
    join users on users.id = user_id
    where notice.id = ${noticeId}
  `
  return row
}
