import type { Sql } from '../../lib/db/client.ts'
import { createEventConsumer, type Jobs } from '../../lib/event-consumer.ts'
import { createReceipts } from '../../lib/event-receipts.ts'
import { events } from '../../lib/events.ts'
import { createMailService } from '../../lib/mail/service.ts'
import type { OutboxRelay } from '../../lib/outbox.ts'
import { contentEvents } from '../../lib/public-events/sources.ts'
import { appUrl, createPost } from './post.ts'

interface PostboxOptions {
  /** Messages of the events queue; it takes them from there. */
  readonly queued: string[]
  readonly now: () => Date
  readonly makeExport: (id: string) => Promise<void>
  readonly relay: OutboxRelay
}

const unexpected = () => Promise.reject(new Error('no account asks for this'))

const unheard = async () => {}

const nobody = Object.fromEntries(
  Object.keys(events).map((type) => [type, type in contentEvents ? unheard : unexpected]),
) as unknown as Jobs

/** Does what the jobs worker does with the mail events, and keeps what was sent. */
export function createPostbox(sql: Sql, { queued, now, makeExport, relay }: PostboxOptions) {
  const { sent, post } = createPost(sql)
  const mail = createMailService({ sql, post, appUrl, now })
  const consume = createEventConsumer({
    receipts: createReceipts({ sql, consumer: 'test' }),
    jobs: {
      ...nobody,
      'mail.verify_email': ({ user_id }) => mail.sendVerification(user_id),
      'mail.account_exists': ({ user_id }) => mail.sendAccountExists(user_id),
      'mail.reset_password': ({ user_id }) => mail.sendPasswordReset(user_id),
      'mail.email_change': ({ user_id, notice_id }) => mail.sendEmailChange(user_id, notice_id),
      'mail.security_notice': ({ notice_id }) => mail.sendSecurityNotice(notice_id),
      'mail.account_suspended': ({ user_id }) => mail.sendAccountSuspended(user_id),
      'mail.export_ready': ({ user_id, export_id }) => mail.sendExportReady(user_id, export_id),
      'mail.version_withdrawn': ({ user_id, version_id }) => mail.sendVersionWithdrawn(user_id, version_id),
      'mail.licensed_file_withdrawn': ({ user_id, version_id }) =>
        mail.sendLicensedFileWithdrawn(user_id, version_id),
      'account.export': ({ export_id }) => makeExport(export_id),
      'notification.add': async () => {},
    },
  })

  const mailsTo = async (address: string) => {
    do for (const message of queued.splice(0)) await consume(JSON.parse(message))
    while ((await relay.flush()) > 0)
    return sent.filter(({ to }) => to === address)
  }

  return {
    mailsTo,
    mail,
    queued,
    /** The token of the latest link that was mailed to the address, if need be of those to one page. */
    tokenFor: async (address: string, page = '') => {
      const texts = (await mailsTo(address)).map(({ text }) => text)
      const tokens = texts.flatMap((text) => new RegExp(`${page}\\?token=([\\w-]+)`).exec(text)?.[1] ?? [])
      const token = tokens.at(-1)
      if (!token) throw new Error(`No link was mailed to ${address}`)
      return token
    },
  }
}
