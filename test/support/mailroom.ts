import { createNotificationHandlers } from '../../functions/social/notification-handlers.ts'
import { notificationRoutes } from '../../functions/social/notification-routes.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createEventConsumer, type Jobs } from '../../lib/event-consumer.ts'
import { createReceipts } from '../../lib/event-receipts.ts'
import { events } from '../../lib/events.ts'
import { createApi } from '../../lib/http/api.ts'
import { createNotificationMails } from '../../lib/mail/notification-mails.ts'
import { createMailFeedback } from '../../lib/mail-feedback/feedback.ts'
import { createDelivery } from '../../lib/notifications/delivery.ts'
import { sendDigests } from '../../lib/notifications/digests.ts'
import type { Happening } from '../../lib/notifications/kinds.ts'
import { createNotificationService } from '../../lib/notifications/service.ts'
import { addToOutbox, createOutboxRelay } from '../../lib/outbox.ts'
import { type Clock, createClock } from './accounts.ts'
import { unlimited } from './api.ts'
import { appUrl, createPost } from './post.ts'

const nobody = Object.fromEntries(
  Object.keys(events).map((type) => [type, async () => {}]),
) as unknown as Jobs

/** The part of the jobs worker and of the scheduler that writes mails of notifications, and the mails that it has sent. */
export function createMailroom(sql: Sql, clock: Clock = createClock()) {
  const { sent, post } = createPost(sql)
  const queued: string[] = []
  const send = async (messages: readonly { id: string; body: string }[]) => {
    queued.push(...messages.map(({ body }) => body))
    return messages.map(({ id }) => id)
  }
  const relay = createOutboxRelay({ sql, queue: { send } })
  const mails = createNotificationMails({ sql, post, appUrl, now: clock.now })
  const consume = createEventConsumer({
    receipts: createReceipts({ sql, consumer: 'test' }),
    jobs: {
      ...nobody,
      'notification.add': createDelivery({ sql, now: clock.now }),
      'mail.notification': mails.sendOne,
      'mail.digest': mails.sendDigest,
      'mail.feedback': createMailFeedback({ sql, relay, now: clock.now }),
    },
  })
  const settle = async () => {
    do for (const message of queued.splice(0)) await consume(JSON.parse(message))
    while ((await relay.flush()) > 0 || queued.length > 0)
  }
  const handler = createApi(
    notificationRoutes,
    createNotificationHandlers(createNotificationService({ sql, now: clock.now })),
    { service: 'social', corsOrigins: [], takeCall: unlimited },
  )

  return {
    clock,
    post,
    handler,
    consume,
    settle,
    tell: async (happening: Omit<Happening, 'actor_id'> & { readonly actor_id?: string }) => {
      await addToOutbox(sql, 'notification.add', { actor_id: null, ...happening })
      await settle()
    },
    /** What was sent since this was last asked for. */
    takeSent: () => sent.splice(0),
    /** As the schedule does once so much time has gone by; what was sent then. */
    async digestsAfter(minutes: number) {
      clock.advance(minutes * 60)
      while ((await sendDigests(sql, clock.now())) > 0);
      await settle()
      return sent.splice(0)
    },
    /** What SES tells, as the rules of the template hand it on: with an id that is no UUID of any version. */
    async feed(payload: object, id = guid()) {
      const created_at = clock.now().toISOString()
      await consume({ id, type: 'mail.feedback', payload, request_id: null, created_at })
      await settle()
    },
  }
}

let count = 0
const guid = () => `0d079340-135a-b8c6-25c2-${(++count).toString(16).padStart(12, '0')}`

/** Of a mail that was sent at this time. */
export const bounced = (address: string, as_of: Date, bounce_type = 'Permanent') => ({
  kind: 'bounce',
  bounce_type,
  recipients: [{ emailAddress: address, diagnosticCode: 'smtp; 550 5.1.1 user unknown', status: '5.1.1' }],
  message_id: 'a-mail',
  as_of: as_of.toISOString(),
})

export const complained = (address: string, as_of: Date) => ({
  kind: 'complaint',
  recipients: [{ emailAddress: address }],
  message_id: 'a-mail',
  as_of: as_of.toISOString(),
})
