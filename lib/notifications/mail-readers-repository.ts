import type { Db } from '../db/client.ts'

export async function findMailKey(db: Db, userId: string): Promise<Buffer | undefined> {
  const [row] = await db<[{ mail_key: Buffer }?]>`select mail_key from mail_readers where user_id = ${userId}`
  return row?.mail_key
}

/** The first one stays, whoever else makes one in the same moment. */
export async function keepMailKey(db: Db, userId: string, key: Buffer): Promise<Buffer> {
  const [row] = await db<[{ mail_key: Buffer }]>`
    insert into mail_readers as kept (user_id, mail_key) values (${userId}, ${key})
    on conflict (user_id) do update set mail_key = kept.mail_key
    returning mail_key
  `
  return row.mail_key
}
