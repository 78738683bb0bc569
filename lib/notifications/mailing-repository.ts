import type { Db } from '../db/client.ts'

export interface MailedHead {
  readonly recipient_id: string
  /** The latest happening that the recipient was mailed of. */
  readonly mailed_event_id: string | null
  /** A letter is sent to them for each version in which something was found; that one says more. */
  readonly has_own_letter: boolean
}

export async function findMailed(db: Db, id: string): Promise<MailedHead | undefined> {
  const [row] = await db<[MailedHead?]>`
    select
      n.recipient_id, n.mailed_event_id,
      n.kind = 'version_withdrawn' and exists (
        select from track_versions v
        join tracks t on t.id = v.track_id
        join uploads u on u.id = v.upload_id
        where v.track_id = n.track_id and v.withdrawn_at is not null
          and n.recipient_id in (t.owner_id, u.created_by)
      ) as has_own_letter
    from notifications n
    where n.id = ${id}
  `
  return row
}

/** Whoever wants such mails alone has read with it what there is to read. */
export async function markMailed(db: Db, id: string, eventId: string, now: Date): Promise<void> {
  await db`
    update notifications
    set
      mailed_event_id = greatest(mailed_event_id, last_event_id, ${eventId}),
      read_at = case when is_in_app then read_at else coalesce(read_at, ${now}) end
    where id = ${id}
  `
}

const mostReaders = 100
const mostLines = 200

/** Those for whom a digest is due, for longest first. */
export async function listDigestReaders(db: Db, now: Date): Promise<string[]> {
  const rows = await db<{ recipient_id: string }[]>`
    select recipient_id
    from (
      select recipient_id, mail_due_at from notifications
      where mail_due_at <= ${now}
      order by mail_due_at
      limit ${mostReaders * 10}
    ) due
    group by recipient_id
    order by min(mail_due_at)
    limit ${mostReaders}
  `
  return rows.map(({ recipient_id }) => recipient_id)
}

/** False where another run has the reader in hand. */
export async function lockReader(db: Db, userId: string, key: Buffer, now: Date): Promise<boolean> {
  await db`
    insert into mail_readers (user_id, mail_key)
    select id, ${key} from users where id = ${userId} and deleted_at is null
    on conflict do nothing
  `
  const rows = await db`
    select from mail_readers
    where user_id = ${userId} and exists (
      select from notifications where recipient_id = ${userId} and mail_due_at <= ${now}
    )
    for update skip locked
  `
  return rows.length > 0
}

/** All that waits, due or not: what is told now is not told again. What was read meanwhile is let go. */
export async function takeWaiting(db: Db, userId: string, now: Date): Promise<string[]> {
  const rows = await db<{ id: string; is_unread: boolean }[]>`
    with waiting as (
      select id, read_at is null as is_unread from notifications
      where recipient_id = ${userId} and mail_due_at is not null
      order by id
      limit ${mostLines}
      for no key update
    )
    update notifications n
    set
      mail_due_at = null,
      mailed_event_id = case when is_unread then last_event_id else mailed_event_id end,
      read_at = case when is_in_app then read_at else coalesce(read_at, ${now}) end
    from waiting
    where n.id = waiting.id
    returning n.id, is_unread
  `
  return rows.filter(({ is_unread }) => is_unread).map(({ id }) => id)
}

export async function markDigest(db: Db, userId: string, now: Date): Promise<void> {
  await db`update mail_readers set last_digest_at = ${now} where user_id = ${userId}`
}
