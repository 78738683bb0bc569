import type { Db } from '../db/client.ts'

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

/** What happened to whom, and where to say so. */
export async function findNotice(db: Db, noticeId: string) {
  const [row] = await db<[{ kind: string; email: string; username: string; session_id: string | null }?]>`
    select kind, notice.email, username, session_id
    from security_notices notice
    join users on users.id = user_id
    where notice.id = ${noticeId}
  `
  return row
}
