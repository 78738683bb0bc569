import { randomUUID } from 'node:crypto'
import { createFieldCipher } from '../../lib/auth/field-cipher.ts'
import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import type { QueueMessage } from '../../lib/aws/job-queue.ts'
import type { Sql } from '../../lib/db/client.ts'
import type { PublicEventRow } from '../../lib/public-events/envelope.ts'
import { insertEvent } from '../../lib/public-events/repository.ts'
import { later } from '../../lib/time.ts'
import { createDispatcher } from '../../lib/webhooks/deliveries/dispatch.ts'
import { fanOut } from '../../lib/webhooks/deliveries/fan-out.ts'
import { createResultHandler } from '../../lib/webhooks/deliveries/results.ts'
import { sealHeaders } from '../../lib/webhooks/endpoints/headers.ts'
import { makeSecret } from '../../lib/webhooks/endpoints/secrets.ts'
import { openMessage, type WebhookMessage } from '../../lib/webhooks/message.ts'
import type { WebhookResult } from '../../lib/webhooks/result.ts'
import { addSomeone } from './world.ts'

const cipherOf = (kid: string) => {
  const ring = parseKeyRing(JSON.stringify({ kid, key: kid.repeat(32) }))
  return createFieldCipher({ loadKeys: async () => ring })
}
export const fieldCipher = cipherOf('field')
export const messageCipher = cipherOf('webhooks')

/** What the sender was handed. */
export interface Handed extends WebhookMessage {
  readonly delay_seconds: number
  /** When the queue gives it to the sender. */
  readonly at: Date
}

/** What the receiver answers. */
export type Answer = Partial<
  Pick<WebhookResult, 'status_code' | 'error' | 'retry_after_seconds' | 'response_body' | 'duration_ms'>
>
export const succeeds: Answer = { status_code: 200 }
export const refuses: Answer = { status_code: 500, error: 'status' }
export const hangs: Answer = { error: 'timeout', duration_ms: 15_000 }

export const deskStart = new Date('2026-12-01T09:00:00Z')

/** Webhooks whose sender is the test itself, by a clock that is moved by hand. */
export function createWebhookDesk(sql: Sql, { fieldCipher: own = fieldCipher } = {}) {
  let at = deskStart
  const now = () => at
  const handed: Handed[] = []
  let take = async (messages: readonly QueueMessage[]) => messages.map(({ id }) => id)
  let before = Promise.resolve()
  const queue = {
    send: async (messages: readonly QueueMessage[]) => {
      const ids = await take(messages)
      const taken = messages.filter(({ id }) => ids.includes(id))
      // In the order in which they were sent, whichever can be read first.
      before = before.then(async () => {
        for (const { body, delay_seconds = 0 } of taken) {
          const message = await openMessage(messageCipher, JSON.parse(body))
          handed.push({ ...message, delay_seconds, at: later(at, delay_seconds * 1_000) })
        }
      })
      await before
      return ids
    },
  }
  const handleResult = createResultHandler({ sql, now, random: () => 0.5 })
  const toResult = (
    { delivery_id, attempt, at: sent }: Pick<Handed, 'delivery_id' | 'attempt' | 'at'>,
    answer: Answer,
  ): WebhookResult => ({
    delivery_id,
    attempt,
    at: sent.toISOString(),
    duration_ms: 100,
    status_code: null,
    error: null,
    retry_after_seconds: null,
    response_body: null,
    ...answer,
  })
  const makeDispatcher = () => createDispatcher({ sql, queue, fieldCipher: own, messageCipher, now })

  return {
    now,
    handleResult,
    toResult,
    handed,
    makeDispatcher,
    dispatcher: makeDispatcher(),
    pass: (ms: number) => {
      at = later(at, ms)
    },
    goTo: (moment: Date) => {
      at = moment
    },
    /** How the queue answers from now on. */
    takeAs: (next: typeof take) => {
      take = next
    },
    /** Takes out of the hand of the sender what it has got. */
    takeHanded: () => handed.splice(0),

    /** The sender has made the attempt, and its result has come. */
    answer: (handed: Pick<Handed, 'delivery_id' | 'attempt' | 'at'>, answer: Answer) =>
      handleResult(toResult(handed, answer)),

    async addAccount() {
      return (await addSomeone(sql)).id
    },

    async addEndpoint(accountId: string, fields: Record<string, unknown> = {}) {
      const secret = makeSecret()
      const headers = await sealHeaders(fieldCipher, { authorization: 'Bearer of-the-receiver' })
      const row = {
        account_id: accountId,
        url: `https://${randomUUID()}.example.com/hooks`,
        api_version: '2026-12-01',
        ...headers,
        sealed_secret: await fieldCipher.seal(secret),
        created_at: at,
        updated_at: at,
        ...fields,
      }
      const [endpoint] = await sql<[{ id: string; url: string }]>`
        insert into webhook_endpoints ${sql(row as unknown as Record<string, string>)} returning id, url
      `
      return { ...endpoint, secret }
    },

    /** Events as a publisher would write them, each fanned out in its transaction. */
    async publish(accountId: string, count = 1, type = 'track.deleted') {
      const events: PublicEventRow[] = []
      await sql.begin(async (tx) => {
        for (let index = 0; index < count; index++) {
          const resource_id = randomUUID()
          const event = {
            account_id: accountId,
            source_id: randomUUID(),
            type: type as PublicEventRow['type'],
            api_version: '2026-12-01',
            created_at: at,
            resource_id,
            sequence: 1,
            data: { track: { id: resource_id } },
            request_id: null,
          }
          events.push(await insertEvent(tx, event))
        }
        await fanOut(tx, events, at)
      })
      return events
    },

    /** Everything that is due as often as anything is. */
    async dispatchAll(dispatcher = makeDispatcher()) {
      while ((await dispatcher.dispatchDue()) > 0);
    },

    async clear() {
      at = deskStart
      handed.splice(0)
      take = async (messages) => messages.map(({ id }) => id)
      await sql`delete from webhook_endpoints`
      await sql`delete from public_events`
      await sql`delete from outbox`
    },
  }
}
