import { issueEmailToken } from '../auth/email-tokens.ts'
import type { Mailer } from '../aws/mailer.ts'
import type { Sql } from '../db/client.ts'
import { findNotice, findRecipient, type Recipient } from './repository.ts'
import {
  accountExistsMail,
  accountUnverifiedMail,
  type Mail,
  sessionRevokedMail,
  verificationMail,
} from './templates.ts'

export interface MailDependencies {
  readonly sql: Sql
  readonly mailer: Mailer
  readonly appUrl: string
  readonly now?: () => Date
}

/** Writes and sends the mails about an account. A user who is gone, or needs the mail no more, gets none. */
export function createMailService({ sql, mailer, appUrl, now = () => new Date() }: MailDependencies) {
  const deliver = ({ email }: Pick<Recipient, 'email'>, mail: Mail) => mailer.send({ to: email, ...mail })

  return {
    async sendVerification(userId: string): Promise<void> {
      const user = await findRecipient(sql, userId)
      if (!user || user.email_verified_at) return
      const token = await issueEmailToken(sql, user.id, now())
      await deliver(user, verificationMail(user.username, appUrl, token))
    },

    /** Without a link that verifies: whoever registered first need not be the owner of the address. */
    async sendAccountExists(userId: string): Promise<void> {
      const user = await findRecipient(sql, userId)
      if (!user) return
      const compose = user.email_verified_at ? accountExistsMail : accountUnverifiedMail
      await deliver(user, compose(user.username, appUrl))
    },

    async sendSecurityNotice(noticeId: string): Promise<void> {
      const notice = await findNotice(sql, noticeId)
      if (!notice) return
      await deliver(notice, sessionRevokedMail(notice.username, appUrl))
    },
  }
}
