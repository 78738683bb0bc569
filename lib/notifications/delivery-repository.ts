import type { Db } from '../db/client.ts'
import { isHeardBy, isUnblocked, isUnmuted } from '../relations/hiding.ts'
import { type Happening, isCommentNotice, isRepeatable, isSaid, subjectOf } from './kinds.ts'
import { mailWayOf } from './mail-ways.ts'
import { defaultPreferences } from './preferences.ts'

export interface Delivery extends Happening {
  readonly event_id: string
}

/**
 * Takes the row that gathers such happenings, made if need be, and locks it. None where the event was delivered
 * before, or the recipient would not hear of it: by now, whatever was so when it happened.
 */
export async function takeNotification(db: Db, delivery: Delivery, now: Date): Promise<Taken | undefined> {
  const { event_id, kind, recipient_id, actor_id } = delivery
  const isMailedHere = mailWayOf(kind) !== 'own'
  const people = actor_id === null ? [recipient_id] : [recipient_id, actor_id]
  const [row] = await db<[Taken?]>`
    with receipt as (
      insert into event_receipts (consumer, event_id, leased_until, done_at)
      values ('notifications', ${event_id}, ${now}, ${now})
      on conflict do nothing
      returning event_id
    ), people as (
      -- Whoever ends one of the accounts has done so, or waits and will find what is written here.
      select id from users where id = any(${people}::uuid[]) and deleted_at is null order by id for key share
    ), wanted as (
      select
        coalesce((choices -> ${kind} ->> 'in_app')::boolean, ${defaultPreferences[kind].in_app}) as in_app,
        ${isMailedHere} and coalesce(
          (choices -> ${kind} ->> 'email')::boolean, ${defaultPreferences[kind].email}
        ) as mail
      from (select ${recipient_id}::uuid as user_id) recipient
      left join notification_preferences using (user_id)
    )
    insert into notifications as kept (
      recipient_id, kind, subject_id, track_id, playlist_id, comment_id, order_id, payout_id, offer_id, endpoint_id,
      is_in_app, last_event_id, created_at, updated_at
    )
    select
      ${recipient_id}::uuid, ${kind}, ${subjectOf(delivery)}::uuid, ${delivery.track_id ?? null}::uuid,
      ${delivery.playlist_id ?? null}::uuid, ${delivery.comment_id ?? null}::uuid,
      ${delivery.order_id ?? null}::uuid, ${delivery.payout_id ?? null}::uuid, ${delivery.offer_id ?? null}::uuid,
      ${delivery.endpoint_id ?? null}::uuid, wanted.in_app, event_id,
      ${now}::timestamptz, ${now}::timestamptz
    from receipt, wanted
    where (select count(*) from people) = ${people.length}
      and ${isUnblocked(db, recipient_id, db`${actor_id}::uuid`)}
      and ${isUnmuted(db, recipient_id, db`${actor_id}::uuid`)}
      and (wanted.in_app or wanted.mail)
      and ${isHeard(db, delivery)}
    on conflict (recipient_id, kind, subject_id) where read_at is null
    do update set
      is_in_app = kept.is_in_app or excluded.is_in_app,
      updated_at = case
        when ${actor_id === null} then greatest(kept.updated_at, excluded.updated_at) else kept.updated_at
      end
    returning id, (select mail from wanted) as is_mail_wanted
  `
  return row
}

export interface Taken {
  readonly id: string
  /** By a letter of its own, or a line of a digest. */
  readonly is_mail_wanted: boolean
}

/** Whether the recipient has not silenced the track, and hears the actor there. */
const isHeard = (db: Db, { kind, recipient_id, actor_id, track_id }: Delivery) => db`
  not (${isCommentNotice(kind)} and exists (
    select from notification_muted_tracks m
    where m.user_id = ${recipient_id} and m.track_id = ${track_id ?? null}
  ))
  and not exists (
    select from tracks t
    where t.id = ${track_id ?? null} and ${isSaid(kind)}
      and not ${isHeardBy(db, recipient_id, { author: db`${actor_id}::uuid`, artist: db`t.owner_id` })}
  )
`

/** Counts the actor once, and moves the notification to the top if there is anything new to tell: whether there was. */
export async function addActor(db: Db, id: string, delivery: Delivery, now: Date): Promise<boolean> {
  const { event_id, actor_id, comment_id, kind } = delivery
  const { count } = await db`
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
  return count > 0
}

/**
 * Has it go out with the next digest: a while after the first that waits for it, and not too soon after the one
 * before. What waits already stays with its time.
 */
export async function joinDigest(db: Db, id: string, { wait, pause }: DigestTimes): Promise<void> {
  await db`
    update notifications n
    set mail_due_at = greatest(
      ${wait}::timestamptz,
      (select last_digest_at + ${pause}::interval from mail_readers where user_id = n.recipient_id)
    )
    where id = ${id} and mail_due_at is null
  `
}

export interface DigestTimes {
  /** Till when the first of a digest waits for others. */
  readonly wait: Date
  /** Between two digests, as an interval. */
  readonly pause: string
}
