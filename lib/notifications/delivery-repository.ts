import type { Db } from '../db/client.ts'
import { isHeardBy, isUnblocked, isUnmuted } from '../relations/hiding.ts'
import { type Happening, isCommentNotice, isRepeatable, isSaid, subjectOf } from './kinds.ts'
import { defaultPreferences } from './preferences.ts'

export interface Delivery extends Happening {
  readonly event_id: string
}

/**
 * Takes the row that gathers such happenings, made if need be, and locks it. None where the event was delivered
 * before, or the recipient would not hear of it: by now, whatever was so when it happened.
 */
export async function takeNotification(db: Db, delivery: Delivery, now: Date): Promise<string | undefined> {
  const { event_id, kind, recipient_id, actor_id } = delivery
  const people = actor_id === null ? [recipient_id] : [recipient_id, actor_id]
  const [row] = await db<[{ id: string }?]>`
    with receipt as (
      insert into event_receipts (consumer, event_id, leased_until, done_at)
      values ('notifications', ${event_id}, ${now}, ${now})
      on conflict do nothing
      returning event_id
    ), people as (
      -- Whoever ends one of the accounts has done so, or waits and will find what is written here.
      select id from users where id = any(${people}::uuid[]) and deleted_at is null order by id for key share
    )
    insert into notifications as kept (
      recipient_id, kind, subject_id, track_id, playlist_id, comment_id, order_id, payout_id, offer_id, last_event_id,
      created_at, updated_at
    )
    select
      ${recipient_id}::uuid, ${kind}, ${subjectOf(delivery)}::uuid, ${delivery.track_id ?? null}::uuid,
      ${delivery.playlist_id ?? null}::uuid, ${delivery.comment_id ?? null}::uuid,
      ${delivery.order_id ?? null}::uuid, ${delivery.payout_id ?? null}::uuid, ${delivery.offer_id ?? null}::uuid, event_id,
      ${now}::timestamptz, ${now}::timestamptz
    from receipt
    where (select count(*) from people) = ${people.length}
      and ${isUnblocked(db, recipient_id, db`${actor_id}::uuid`)}
      and ${isUnmuted(db, recipient_id, db`${actor_id}::uuid`)}
      and ${isWanted(db, delivery)}
    on conflict (recipient_id, kind, subject_id) where read_at is null
    do update set updated_at = case
      when ${actor_id === null} then greatest(kept.updated_at, excluded.updated_at) else kept.updated_at
    end
    returning id
  `
  return row?.id
}

/** Whether the recipient has asked for such notices, has not silenced the track, and hears the actor there. */
const isWanted = (db: Db, { kind, recipient_id, actor_id, track_id }: Delivery) => db`
  coalesce(
    (
      select (choices -> ${kind} ->> 'in_app')::boolean
      from notification_preferences
      where user_id = ${recipient_id}
    ),
    ${defaultPreferences[kind].in_app}
  )
  and not (${isCommentNotice(kind)} and exists (
    select from notification_muted_tracks m
    where m.user_id = ${recipient_id} and m.track_id = ${track_id ?? null}
  ))
  and not exists (
    select from tracks t
    where t.id = ${track_id ?? null} and ${isSaid(kind)}
      and not ${isHeardBy(db, recipient_id, { author: db`${actor_id}::uuid`, artist: db`t.owner_id` })}
  )
`

/** Counts the actor once, and moves the notification to the top if there is anything new to tell. */
export async function addActor(db: Db, id: string, delivery: Delivery, now: Date): Promise<void> {
  const { event_id, actor_id, comment_id, kind } = delivery
  await db`
    with added as (
      insert into notification_actors as kept (notification_id, actor_id, event_id)
      values (${id}, ${actor_id}, ${event_id})
      on conflict (notification_id, actor_id)
      do update set event_id = greatest(kept.event_id, excluded.event_id)
      returning old.actor_id is null as is_first
    )
    update notifications
    set
      actor_count = actor_count + is_first::int,
      updated_at = greatest(updated_at, ${now}),
      comment_id = case when last_event_id > ${event_id} then comment_id else ${comment_id ?? null} end,
      last_event_id = greatest(last_event_id, ${event_id})
    from added
    where id = ${id} and (is_first or ${isRepeatable(kind)})
  `
}
