import type { Db } from '../db/client.ts'

/** Makes scheduled tracks public whose time has come; answers how many it did. */
export async function releaseDueTracks(db: Db, now: Date): Promise<number> {
  const { count } = await db`
    update tracks
    set visibility = 'public', revision = revision + 1, updated_at = ${now}
    where id in (
      select id from tracks
      where visibility = 'scheduled' and deleted_at is null and release_at <= ${now}
      order by release_at
      limit 500
      for no key update skip locked
    )
  `
  return count
}
