import type { Db } from '../db/client.ts'
import { findChoices } from './choices-repository.ts'
import type { NotificationKind } from './kinds.ts'
import { findMailed, type MailedHead, markMailed } from './mailing-repository.ts'
import { withDefaults } from './preferences.ts'
import { listForMail, type NotificationRow } from './repository.ts'

export type { MailedHead, NotificationRow }
export { findMailed, markMailed }

/**
 * Of these notifications what there still is to write of: unread, wanted by mail, done by somebody whom the reader
 * hears, and about something that the reader may see.
 */
export async function readForMail(
  db: Db,
  readerId: string,
  ids: readonly string[],
): Promise<NotificationRow[]> {
  const { choices = {} } = (await findChoices(db, readerId)) ?? {}
  const wanted = withDefaults(choices)
  const rows = await listForMail(db, readerId, ids)
  return rows.filter((row) => wanted[row.kind].email && isAboutSomething(row))
}

type Subject = 'track' | 'playlist' | 'comment'

/** What must still be there, and seen by the reader, for a mail to speak of it; all else can be told without. */
const spokenOf: Partial<Readonly<Record<NotificationKind, readonly Subject[]>>> = {
  track_like: ['track'],
  track_repost: ['track'],
  comment: ['track', 'comment'],
  comment_reply: ['track', 'comment'],
  comment_like: ['comment'],
  mention: ['track', 'comment'],
  collaboration_invite: ['track'],
  collaboration_accept: ['track'],
  split_change: ['track'],
  new_version: ['track'],
  playlist_invite: ['playlist'],
  playlist_join: ['playlist'],
  playlist_like: ['playlist'],
  playlist_follow: ['playlist'],
}

const isAboutSomething = (row: NotificationRow) =>
  (spokenOf[row.kind] ?? []).every((subject) => row[subject] !== null)
