import type { Db } from '../db/client.ts'
import type { Happening } from '../notifications/kinds.ts'
import { addAllToOutbox } from '../outbox.ts'
import { noticeOf, type TradeNotice } from './notices.ts'

export interface Telling {
  readonly notice: TradeNotice
  readonly subject_id: string
  readonly to: readonly string[]
  /** What it is about in the application. */
  readonly about?: Pick<Happening, 'order_id' | 'payout_id' | 'offer_id' | 'track_id'>
}

/** Has each of them told, unless they were told of the same before or are gone. */
export async function tell(tx: Db, { notice, subject_id, to, about }: Telling, now: Date): Promise<void> {
  const told = await tx<{ user_id: string }[]>`
    insert into trade_notices (subject_id, notice, user_id, created_at)
    select ${subject_id}, ${notice}, id, ${now}
    from users
    where id = any(${to}::uuid[]) and deleted_at is null
    order by id
    on conflict do nothing
    returning user_id
  `
  await addAllToOutbox(
    tx,
    'mail.trade',
    told.map(({ user_id }) => ({ notice, user_id, subject_id })),
  )
  const { kind } = noticeOf(notice)
  if (!kind) return
  const happenings = told.map(({ user_id }) => ({ kind, recipient_id: user_id, actor_id: null, ...about }))
  await addAllToOutbox(tx, 'notification.add', happenings)
}
