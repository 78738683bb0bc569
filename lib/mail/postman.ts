import type { Mailer } from '../aws/mailer.ts'
import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import type { EmailStatus } from '../mail-feedback/schemas.ts'
import { readEmailStatus } from '../mail-feedback/standing.ts'
import type { MailScope } from '../notifications/unsubscribe-scopes.ts'
import { issueUnsubscribeToken } from '../notifications/unsubscribe-tokens.ts'
import { type Mail, withWayOut } from './letter.ts'

/**
 * Why a mail is sent. It decides what may keep it from being sent, so that no letter can forget to ask:
 *
 * | reason | address is `unreachable` | address is `unwanted` |
 * |---|---|---|
 * | `verification`: it finds out whether mail arrives, and somebody has just asked for it | sent | sent |
 * | `account`: what users ask for, or have to know whatever they choose: safety, money, contracts | kept | sent |
 * | a choice: all that a user can switch off; such a mail carries the way to do so | kept | kept |
 */
export type Reason = 'verification' | 'account' | Choice

export interface Choice {
  readonly user_id: string
  /** What the link in the mail switches off. */
  readonly scope: MailScope
}

export interface Postman {
  /** False where the mail was kept back. */
  send(to: string, mail: Mail, reason: Reason): Promise<boolean>
}

export interface PostmanDependencies {
  readonly sql: Sql
  readonly mailer: Mailer
  readonly appUrl: string
  /** Where mail programs send the wish to get no more such mails. */
  readonly apiUrl: string
}

const isChoice = (reason: Reason): reason is Choice => typeof reason === 'object'

const keeps = (status: EmailStatus, reason: Reason): boolean => {
  if (status === 'ok' || reason === 'verification') return false
  return status === 'unreachable' || isChoice(reason)
}

/** Every mail goes through here: what is known of the address decides first, and what is by choice says how to end it. */
export function createPostman({ sql, mailer, appUrl, apiUrl }: PostmanDependencies): Postman {
  return {
    async send(to, mail, reason) {
      const status = await readEmailStatus(sql, to)
      if (keeps(status, reason)) {
        logger.info('A mail was kept back', { status, reason: isChoice(reason) ? reason.scope : reason })
        return false
      }
      if (!isChoice(reason)) {
        await mailer.send({ to, ...mail })
        return true
      }
      const token = await issueUnsubscribeToken(sql, reason.user_id, reason.scope)
      const query = `token=${encodeURIComponent(token)}`
      await mailer.send({
        to,
        ...withWayOut(mail, `${appUrl}/unsubscribe?${query}`),
        headers: oneClick(`${apiUrl}/api/v1/notifications/unsubscribe?${query}`),
      })
      return true
    },
  }
}

/** RFC 8058. SES signs both with the rest of the mail (DKIM), without which no mail program trusts them. */
const oneClick = (url: string) => ({
  'List-Unsubscribe': `<${url}>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
})
