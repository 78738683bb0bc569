import type { Sql } from '../db/client.ts'
import { findMailed, markMailed, readForMail } from '../notifications/mailing.ts'
import { digestLetter, notificationLetter } from './notification-letters.ts'
import type { Postman } from './postman.ts'
import { findRecipient, type Recipient } from './repository.ts'

export interface NotificationMailDependencies {
  readonly sql: Sql
  readonly post: Postman
  readonly appUrl: string
  readonly now?: () => Date
}

/** Writes of what stands in the list of notifications, by its state when the letter is written. */
export function createNotificationMails(dependencies: NotificationMailDependencies) {
  const { sql, post, appUrl, now = () => new Date() } = dependencies

  return {
    /** Nothing of what a letter that was written later, or another one, has told already. */
    async sendOne({
      notification_id,
      event_id,
    }: {
      notification_id: string
      event_id: string
    }): Promise<void> {
      const head = await findMailed(sql, notification_id)
      if (!head || head.has_own_letter || isTold(head.mailed_event_id, event_id)) return
      const user = await findReader(head.recipient_id)
      const [row] = user ? await readForMail(sql, user.id, [notification_id]) : []
      if (!user || !row) return
      const mail = notificationLetter({ username: user.username, appUrl }, row)
      await post.send(user.email, mail, { user_id: user.id, scope: row.kind })
      await markMailed(sql, notification_id, event_id, now())
    },

    async sendDigest({
      user_id,
      notification_ids,
    }: {
      user_id: string
      notification_ids: string[]
    }): Promise<void> {
      const user = await findReader(user_id)
      const rows = user ? await readForMail(sql, user_id, notification_ids) : []
      if (!user || rows.length === 0) return
      const mail = digestLetter({ username: user.username, appUrl }, rows)
      await post.send(user.email, mail, { user_id, scope: 'digest' })
    },
  }

  /** Nobody who has not shown that the address is theirs, or is about to leave. */
  async function findReader(userId: string): Promise<Recipient | undefined> {
    const user = await findRecipient(sql, userId)
    return user?.email_verified_at && !user.deletes_at ? user : undefined
  }
}

const isTold = (mailedEventId: string | null, eventId: string) =>
  mailedEventId !== null && mailedEventId >= eventId
