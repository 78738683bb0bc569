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
