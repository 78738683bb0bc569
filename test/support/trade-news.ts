import type { OutgoingMail } from '../../lib/aws/mailer.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createEventConsumer, type Jobs } from '../../lib/event-consumer.ts'
import { createReceipts } from '../../lib/event-receipts.ts'
import { type EventPayload, type EventType, events } from '../../lib/events.ts'
import { createTradeMails } from '../../lib/mail/trade-mails.ts'
import { createDelivery } from '../../lib/notifications/delivery.ts'
import { addToOutbox, createOutboxRelay } from '../../lib/outbox.ts'
import type { TradeEvent } from '../../lib/trade-news/events.ts'
import { createTradeNews } from '../../lib/trade-news/news.ts'
import { appUrl, createPost } from './post.ts'

const nobody = Object.fromEntries(
  Object.keys(events).map((type) => [type, async () => {}]),
) as unknown as Jobs

/** The part of the jobs worker that tells people of the marketplace, and the mails that it has sent. */
export function createTradePost(sql: Sql, now: () => Date = () => new Date()) {
  const { sent, post } = createPost(sql)
  const queued: string[] = []
  const send = async (messages: readonly { id: string; body: string }[]) => {
    queued.push(...messages.map(({ body }) => body))
    return messages.map(({ id }) => id)
  }
  const relay = createOutboxRelay({ sql, queue: { send } })
  const consume = createEventConsumer({
    receipts: createReceipts({ sql, consumer: 'test' }),
    jobs: {
      ...nobody,
      ...createTradeNews({ sql, relay: { flushSoon: async () => {} }, now }),
      'mail.trade': createTradeMails({ sql, appUrl, post }),
      'notification.add': createDelivery({ sql, now }),
    },
  })
  const settle = async () => {
    do for (const message of queued.splice(0)) await consume(JSON.parse(message))
    while ((await relay.flush()) > 0)
  }

  return {
    settle,
    /** What was sent since this was last asked for, as `to: subject`. */
    async hear<T extends TradeEvent>(type: T, payload: EventPayload<T>): Promise<OutgoingMail[]> {
      await addToOutbox(sql, type as EventType, payload as EventPayload<EventType>)
      await settle()
      return sent.splice(0)
    },
  }
}
