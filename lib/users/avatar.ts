import type { Db } from '../db/client.ts'
import type { ImageHolder } from '../images/holder.ts'
import { addToOutbox } from '../outbox.ts'

/** Users and their avatars; everybody has charge of their own. */
export const avatars: ImageHolder = {
  kind: 'avatar',
  lockFor: async (tx, subjectId, userId) => (subjectId === userId ? lockRevision(tx, userId) : undefined),
  lock: async (tx, subjectId) => (await lockRevision(tx, subjectId)) !== undefined,
  isOpenTo: async (_, subjectId, userId) => subjectId === userId,
  show: async (tx, userId, sha256, at) => {
    if (await markAvatar(tx, userId, sha256, at)) await addToOutbox(tx, 'user.updated', { user_id: userId })
  },
}

async function lockRevision(tx: Db, userId: string) {
  const [row] = await tx<[{ revision: number }?]>`
    select revision from users where id = ${userId} and deleted_at is null for no key update
  `
  return row
}

/** False where it is the one that shows already. */
async function markAvatar(tx: Db, userId: string, sha256: string | null, at: Date): Promise<boolean> {
  const { count } = await tx`
    update users
    set avatar_sha256 = ${sha256}, revision = revision + 1, updated_at = ${at}
    where id = ${userId} and avatar_sha256 is distinct from ${sha256}
  `
  return count === 1
}
