import { issueEmailToken } from '../auth/email-tokens.ts'
import type { Mailer } from '../aws/mailer.ts'
import type { Sql } from '../db/client.ts'
import { issueNotMeToken } from '../notices/not-me-tokens.ts'
import { accountExistsLetter, accountUnverifiedLetter, verificationLetter } from './account-letters.ts'
import type { Mail } from './letter.ts'
import { findNotice, findRecipient, type Recipient } from './repository.ts'
import { securityLetter } from './security-letters.ts'

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
      await deliver(user, verificationLetter({ ...user, appUrl, token }))
    },

    /** Without a link that verifies: whoever registered first need not be the owner of the address. */
    async sendAccountExists(userId: string): Promise<void> {
      const user = await findRecipient(sql, userId)
      if (!user) return
      const write = user.email_verified_at ? accountExistsLetter : accountUnverifiedLetter
      await deliver(user, write({ ...user, appUrl }))
    },

    async sendSecurityNotice(noticeId: string): Promise<void> {
      const notice = await findNotice(sql, noticeId)
      if (!notice) return
      const token = await issueNotMeToken(sql, notice, now())
      await deliver(notice, securityLetter(notice, { appUrl, token }))
    },
  }
}
