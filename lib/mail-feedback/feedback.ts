import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { mailboxOf, spellingsOf } from './address.ts'
import type { MailFeedback } from './events.ts'
import { countFeedback } from './metrics.ts'
import { markTrouble, type Trouble, touchOwner } from './repository.ts'

export interface FeedbackDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

const longestDiagnosis = 500

/** Heeds what SES tells of a mail, and tells the user in the application, for mail may not be the way to. */
export function createMailFeedback({ sql, relay, now = () => new Date() }: FeedbackDependencies) {
  return async (feedback: MailFeedback): Promise<void> => {
    const kind = troubleOf(feedback)
    for (const { emailAddress, diagnosticCode } of feedback.recipients) {
      const mailbox = mailboxOf(addressIn(emailAddress))
      const diagnosis = diagnosticCode?.slice(0, longestDiagnosis) ?? null
      await sql.beginIdempotent(async (tx) => {
        const isNew = await markTrouble(tx, { mailbox, kind, diagnosis, as_of: feedback.as_of }, now())
        const recipient_id = isNew && (await touchOwner(tx, spellingsOf(mailbox)))
        if (recipient_id) {
          await addToOutbox(tx, 'notification.add', { kind: 'mail_trouble', recipient_id, actor_id: null })
        }
      })
    }
    const { message_id } = feedback
    logger.info('SES told of a mail', { message_id, trouble: kind, ...countFeedback(kind) })
    await relay.flushSoon()
  }
}

/** What SES cannot tell apart is taken for what passes. */
function troubleOf({ kind, bounce_type }: MailFeedback): Trouble['kind'] {
  if (kind === 'complaint') return 'complained'
  return bounce_type === 'Permanent' ? 'bounced' : 'transient'
}

/** Some servers report it with the name beside it. */
const addressIn = (text: string) => /<([^<>]+)>\s*$/.exec(text)?.[1] ?? text.trim()
