import type { Db } from '../db/client.ts'
import type { ImageHolder } from '../images/holder.ts'

/** Users and their avatars; everybody has charge of their own. */
export const avatars: ImageHolder = {
  kind: 'avatar',
  lockFor: async (tx, subjectId, userId) => (subjectId === userId ? lockRevision(tx, userId) : undefined),
  lock: async (tx, subjectId) => (await lockRevision(tx, subjectId)) !== undefined,
  isOpenTo: async (_, subjectId, userId) => subjectId === userId,
  show: markAvatar,
}

async function lockRevision(tx: Db, userId: string) {
  const [row] = await tx<[{ revision: number }?]>`
    select revision from users where id = ${userId} and deleted_at is null for no key update
  `
  return row
}

async function markAvatar(tx: Db, userId: string, sha256: string | null, at: Date): Promise<void> {
  await tx`
    update users
    set avatar_sha256 = ${sha256}, revision = revision + 1, updated_at = ${at}
    where id = ${userId} and avatar_sha256 is distinct from ${sha256}
  `
}
