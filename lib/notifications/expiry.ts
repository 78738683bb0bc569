import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'
import { dayMs, earlier } from '../time.ts'

const readDays = 90
const anyDays = 180

export const deleteOldReadNotifications = (db: Db, now: Date): Promise<number> =>
  sweep(db, {
    table: 'notifications',
    key: 'id',
    isOver: db`read_at is not null and updated_at < ${earlier(now, readDays * dayMs)}`,
  })

export const deleteOldNotifications = (db: Db, now: Date): Promise<number> =>
  sweep(db, {
    table: 'notifications',
    key: 'id',
    isOver: db`read_at is null and updated_at < ${earlier(now, anyDays * dayMs)}`,
  })

/** Within the transaction that ends the account: what the user was told, has chosen, and what others were told of them. */
export async function removeNotificationsOf(tx: Db, userId: string): Promise<void> {
  await tx`delete from notification_preferences where user_id = ${userId}`
  await tx`delete from mail_readers where user_id = ${userId}`
  await tx`delete from notification_muted_tracks where user_id = ${userId}`
  await tx`delete from notifications where recipient_id = ${userId}`
  await lockNotificationsNaming(tx, userId)
  await deleteActor(tx, userId)
}

/** First the notification, then the actor: as deliveries do. */
async function lockNotificationsNaming(tx: Db, userId: string): Promise<void> {
  await tx`
    select from notifications
    where id in (select notification_id from notification_actors where actor_id = ${userId})
    order by id
    for update
  `
}

/** A notification goes with the last one it is about. */
async function deleteActor(tx: Db, userId: string): Promise<void> {
  await tx`
    with gone as (
      delete from notification_actors where actor_id = ${userId} returning notification_id
    ), left_over as (
      update notifications set actor_count = actor_count - 1
      where id in (select notification_id from gone) and actor_count > 1
    )
    delete from notifications where id in (select notification_id from gone) and actor_count = 1
  `
}
