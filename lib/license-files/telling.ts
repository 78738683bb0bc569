import type { Db } from '../db/client.ts'
import { addAllToOutbox } from '../outbox.ts'

/** Has everybody told who holds a licence of a version that something was found in it, and that it is given out no more. */
export async function tellBuyers(tx: Db, versionId: string, requestId: string): Promise<void> {
  const buyers = await tx<{ user_id: string; version_id: string }[]>`
    select distinct l.buyer_id as user_id, f.version_id
    from license_files f join licenses l on l.id = f.license_id
    where f.version_id = ${versionId} and l.status <> 'revoked'
  `
  await addAllToOutbox(tx, 'mail.licensed_file_withdrawn', buyers, requestId)
}
