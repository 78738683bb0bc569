import { isReadable } from '../comments/columns.ts'
import type { Db, Fragment } from '../db/client.ts'
import { isOlder, toMicros } from '../db/micros.ts'
import { isPlaylistVisible, playlistTables } from '../playlists/visibility.ts'
import { isUnblocked, isUnmuted } from '../relations/hiding.ts'
import { isVisible, trackTables } from '../tracks/visibility.ts'
import { personOf } from '../users/person.ts'
import type { MarkRead, Notification } from './schemas.ts'

interface NotificationFilter {
  readonly unread_only: boolean
  /** Only those that last changed before the one with this time and id. */
  readonly before: readonly [changedAt: number, id: string] | undefined
  readonly limit: number
}

export type NotificationRow = Omit<
  Notification,
  'track' | 'playlist' | 'comment' | 'order' | 'payout' | 'offer' | 'endpoint'
> & {
  readonly track: { readonly id: string; readonly title: string } | null
  readonly playlist: { readonly id: string; readonly title: string } | null
  readonly comment: { readonly id: string } | null
  readonly order: Notification['order'] | null
  readonly payout: Notification['payout'] | null
  readonly offer: Notification['offer'] | null
  readonly endpoint: Notification['endpoint'] | null
  /** In microseconds since 1970, for the cursor. */
  readonly changed_at: number
}

const shownActors = 3

/** Those who did it and may be named to the reader: `a` their part in `n`, `u` they themselves. */
const actorsOf = (db: Db, readerId: string): Fragment => db`
  notification_actors a
  join users u on u.id = a.actor_id
  where a.notification_id = n.id and u.deletes_at is null
    and ${isUnblocked(db, readerId, db`a.actor_id`)} and ${isUnmuted(db, readerId, db`a.actor_id`)}
`

/** A notification is not shown of which nobody is left. */
const isShown = (db: Db, readerId: string): Fragment => db`
  (n.actor_count = 0 or exists (select from ${actorsOf(db, readerId)}))
`

/** The page is found first, and then filled in. */
export const listNotifications = (db: Db, readerId: string, filter: NotificationFilter) => {
  const page = db`
    select n.*
    from notifications n
    where n.recipient_id = ${readerId} and n.is_in_app
      ${filter.unread_only ? db`and n.read_at is null` : db``}
      ${isBefore(db, filter)}
      and ${isShown(db, readerId)}
    order by n.updated_at desc, n.id desc
    limit ${filter.limit}
  `
  return fillIn(db, readerId, page)
}

/** Of these what is not read yet; what is for mails alone is taken for read when it is handed to one. */
export const listForMail = (db: Db, readerId: string, ids: readonly string[]) =>
  fillIn(
    db,
    readerId,
    db`
      select n.*
      from notifications n
      where n.recipient_id = ${readerId} and n.id = any(${ids}::uuid[])
        and (n.read_at is null or not n.is_in_app) and ${isShown(db, readerId)}
    `,
  )

/** With who did it and what it is about, as far as the reader may know. */
const fillIn = (db: Db, readerId: string, page: Fragment) => db<NotificationRow[]>`
  with hidden as materialized (
    select blocked_id as id from blocks where blocker_id = ${readerId}
    union select blocker_id from blocks where blocked_id = ${readerId}
    union select muted_id from mutes where muter_id = ${readerId}
  )
  select
    n.id, n.kind, coalesce(shown.actors, '[]') as actors,
    n.actor_count - (
      select count(*)::int
      from hidden h
      join notification_actors a on a.notification_id = n.id and a.actor_id = h.id
    ) as actor_count,
    track.named as track, playlist.named as playlist, comment.named as comment,
    (select json_build_object('id', o.id, 'number', o.number) from orders o where o.id = n.order_id) as order,
    (
      select json_build_object('id', p.id, 'status', p.status, 'amount', p.amount, 'currency', p.currency)
      from payouts p
      where p.id = n.payout_id
    ) as payout,
    (
      select json_build_object(
        'id', f.id, 'status', f.status, 'amount', coalesce(f.counter_amount, f.amount), 'currency', f.currency
      )
      from offers f
      where f.id = n.offer_id
    ) as offer,
    (
      select json_build_object('id', e.id, 'url', e.url, 'status', e.status)
      from webhook_endpoints e
      where e.id = n.endpoint_id and e.account_id = ${readerId}
    ) as endpoint,
    n.read_at is not null as is_read, n.created_at, n.updated_at,
    ${toMicros(db, db`n.updated_at`)} as changed_at
  from (${page}) n
  ${shownTo(db, readerId)}
  order by n.updated_at desc, n.id desc
`

const isBefore = (db: Db, { before }: NotificationFilter): Fragment =>
  before === undefined
    ? db``
    : db`and ${isOlder(db, { at: db`n.updated_at`, id: db`n.id` }, { at: before[0], id: before[1] })}`

/** Lateral joins: the newest of the actors, and what it is about as far as the reader may see it. */
const shownTo = (db: Db, readerId: string): Fragment => {
  const viewer = { id: readerId }
  return db`
    left join lateral (
      select json_agg(
        ${personOf(db, 'newest')}
        order by newest.event_id desc
      ) as actors
      from (
        select u.id, u.username, u.display_name, a.event_id
        from ${actorsOf(db, readerId)}
        order by a.event_id desc
        limit ${shownActors}
      ) newest
    ) shown on true
    left join lateral (
      select json_build_object('id', t.id, 'title', t.title) as named
      from ${trackTables(db, viewer)}
      where t.id = n.track_id and (${isVisible(db, viewer)} or (
        -- Whoever is invited is told to what.
        t.deleted_at is null
        and exists (select from track_collaborators c where c.track_id = t.id and c.user_id = ${readerId})
      ))
    ) track on true
    left join lateral (
      select json_build_object('id', p.id, 'title', p.title) as named
      from ${playlistTables(db, viewer)}
      where p.id = n.playlist_id and ${isPlaylistVisible(db, viewer)}
    ) playlist on true
    left join lateral (
      select json_build_object('id', c.id) as named
      from comments c
      where c.id = n.comment_id and track.named is not null and ${isReadable(db, viewer)}
    ) comment on true
  `
}

/** No further than whoever reads it would. */
const mostCounted = 1_000

export async function countUnread(db: Db, readerId: string): Promise<number> {
  const [row] = await db<[{ count: number }]>`
    select count(*)::int as count
    from (
      select from notifications n
      where n.recipient_id = ${readerId} and n.is_in_app and n.read_at is null and ${isShown(db, readerId)}
      limit ${mostCounted}
    ) unread
  `
  return row.count
}

/** Locked in one order: the same user may mark some and all of them at once. */
export async function markRead(db: Db, readerId: string, { ids, up_to }: MarkRead, now: Date): Promise<void> {
  await db`
    with due as (
      select id from notifications
      where recipient_id = ${readerId} and is_in_app and read_at is null
        ${ids ? db`and id = any(${ids}::uuid[])` : db``}
        ${up_to ? db`and updated_at <= ${up_to}` : db``}
      order by id
      for no key update
    )
    update notifications n set read_at = ${now} from due where n.id = due.id
  `
}
