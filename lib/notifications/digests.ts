import { randomBytes } from 'node:crypto'
import type { Db, Sql } from '../db/client.ts'
import { addToOutbox } from '../outbox.ts'
import { listDigestReaders, lockReader, markDigest, takeWaiting } from './mailing-repository.ts'

/** Has a mail written to each for whom one is due, and answers how many; what it tells of is told in no other. */
export async function sendDigests(sql: Sql, now: Date): Promise<number> {
  let count = 0
  for (const user_id of await listDigestReaders(sql, now)) {
    if (await sql.begin((tx) => gather(tx, user_id, now))) count += 1
  }
  return count
}

/** False where there was nothing to do, or somebody else is at it. */
async function gather(tx: Db, user_id: string, now: Date): Promise<boolean> {
  if (!(await lockReader(tx, user_id, randomBytes(32), now))) return false
  const notification_ids = await takeWaiting(tx, user_id, now)
  if (notification_ids.length > 0) {
    await markDigest(tx, user_id, now)
    await addToOutbox(tx, 'mail.digest', { user_id, notification_ids })
  }
  return true
}
