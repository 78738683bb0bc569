import type { Db } from '../db/client.ts'
import { isUnblocked, isUnmuted } from '../relations/hiding.ts'
import type { Happening } from './kinds.ts'

/** Nobody is told of those whom they have muted, or with whom a block stands between them. */
export async function insertNotification(db: Db, happening: Happening, now: Date): Promise<void> {
  const { kind, recipient_id, actor_id, track_id, playlist_id, comment_id } = happening
  await db`
    insert into notifications (
      recipient_id, kind, actor_id, track_id, playlist_id, comment_id, created_at
    )
    select ${recipient_id}, ${kind}, ${actor_id}, ${track_id ?? null}, ${playlist_id ?? null}, ${comment_id ?? null}, ${now}
    where ${isUnblocked(db, recipient_id, db`${actor_id}::uuid`)}
      and ${isUnmuted(db, recipient_id, db`${actor_id}::uuid`)}
  `
}
