import { issueEmailToken } from '../auth/email-tokens.ts'
import { isSuspended } from '../auth/suspension.ts'
import type { Sql } from '../db/client.ts'
import { readEmailStatus } from '../mail-feedback/standing.ts'
import { issueNotMeToken } from '../notices/not-me-tokens.ts'
import {
  accountExistsLetter,
  accountSuspendedLetter,
  accountUnverifiedLetter,
  exportReadyLetter,
  licensedFileWithdrawnLetter,
  newAddressLetter,
  oldAddressLetter,
  resetLetter,
  verificationLetter,
  verifiedAnewLetter,
  versionWithdrawnLetter,
} from './account-letters.ts'
import type { Mail } from './letter.ts'
import type { Postman } from './postman.ts'
import {
  findAddressChange,
  findLicensedWithdrawal,
  findNotice,
  findRecipient,
  findWithdrawal,
  type Recipient,
} from './repository.ts'
import { securityLetter } from './security-letters.ts'

export interface MailDependencies {
  readonly sql: Sql
  readonly post: Postman
  readonly appUrl: string
  readonly now?: () => Date
}

/** Writes and sends the mails about an account. A user who is gone, or needs the mail no more, gets none. */
export function createMailService({ sql, post, appUrl, now = () => new Date() }: MailDependencies) {
  const deliver = ({ email }: Pick<Recipient, 'email'>, mail: Mail) => post.send(email, mail, 'account')
  const verify = ({ email }: Pick<Recipient, 'email'>, mail: Mail) => post.send(email, mail, 'verification')

  /** Not verified yet, or in trouble since. */
  const isToBeVerified = async ({ email, email_verified_at }: Recipient) =>
    !email_verified_at || (await readEmailStatus(sql, email)) !== 'ok'

  /** Without a link that verifies: whoever registered first need not be the owner of the address. */
  const sendAccountExists = async (userId: string): Promise<void> => {
    const user = await findRecipient(sql, userId)
    if (!user) return
    const write = user.email_verified_at ? accountExistsLetter : accountUnverifiedLetter
    await deliver(user, write({ ...user, appUrl }))
  }

  return {
    async sendVerification(userId: string): Promise<void> {
      const user = await findRecipient(sql, userId)
      if (!user || !(await isToBeVerified(user))) return
      const token = await issueEmailToken(sql, { user_id: user.id, purpose: 'verify_email' }, now())
      const write = user.email_verified_at ? verifiedAnewLetter : verificationLetter
      await verify(user, write({ ...user, appUrl, token }))
    },

    sendAccountExists,

    async sendPasswordReset(userId: string): Promise<void> {
      if (!(await findRecipient(sql, userId))) return
      const token = await issueEmailToken(sql, { user_id: userId, purpose: 'reset_password' }, now())
      // Read after the link was made: a move of the account ends those of before, and none goes to the old address.
      const user = await findRecipient(sql, userId)
      if (user) await deliver(user, resetLetter({ ...user, appUrl, token }))
    },

    /** An address that belongs to another account gets no link: its owner is told what was tried. */
    async sendEmailChange(userId: string, noticeId: string): Promise<void> {
      const change = await findAddressChange(sql, userId, noticeId, now())
      const notice = await findNotice(sql, noticeId)
      if (!change || !notice) return
      const link = (purpose: 'change_email_old' | 'change_email_new') =>
        issueEmailToken(sql, { user_id: userId, purpose }, now())
      const { new_email, owner_id } = change
      const disownToken = await issueNotMeToken(sql, notice, now())
      const old = { ...change, appUrl, token: await link('change_email_old'), disownToken }
      await deliver(change, oldAddressLetter(old))
      if (owner_id) return sendAccountExists(owner_id)
      const fresh = { ...change, appUrl, token: await link('change_email_new') }
      await verify({ email: new_email }, newAddressLetter(fresh))
    },

    async sendAccountSuspended(userId: string): Promise<void> {
      const user = await findRecipient(sql, userId)
      if (!user || !isSuspended(user, now())) return
      await deliver(user, accountSuspendedLetter(user))
    },

    /** Without the address of the file itself: whoever reads the mail must still sign in. */
    async sendExportReady(userId: string, exportId: string): Promise<void> {
      const user = await findRecipient(sql, userId)
      if (!user) return
      await deliver(user, exportReadyLetter({ ...user, appUrl, exportId }))
    },

    /** Nothing is said any more of what was put back meanwhile. */
    async sendVersionWithdrawn(userId: string, versionId: string): Promise<void> {
      const withdrawal = await findWithdrawal(sql, userId, versionId)
      if (withdrawal) await deliver(withdrawal, versionWithdrawnLetter(withdrawal))
    },

    async sendLicensedFileWithdrawn(userId: string, versionId: string): Promise<void> {
      const withdrawal = await findLicensedWithdrawal(sql, userId, versionId)
      if (withdrawal) await deliver(withdrawal, licensedFileWithdrawnLetter(withdrawal))
    },

    async sendSecurityNotice(noticeId: string): Promise<void> {
      const notice = await findNotice(sql, noticeId)
      if (!notice) return
      const token = await issueNotMeToken(sql, notice, now())
      await deliver(notice, securityLetter(notice, { appUrl, token }))
    },
  }
}
