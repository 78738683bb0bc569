import { randomBytes } from 'node:crypto'
import { createFieldCipher } from '../../../lib/auth/field-cipher.ts'
import { createQueueWorker } from '../../../lib/aws/queue-worker.ts'
import type { Sql } from '../../../lib/db/client.ts'
import { createEventConsumer, type Jobs } from '../../../lib/event-consumer.ts'
import { createReceipts } from '../../../lib/event-receipts.ts'
import { createOutboxRelay } from '../../../lib/outbox.ts'
import { createPublisher } from '../../../lib/public-events/publisher.ts'
import { createDispatcher } from '../../../lib/webhooks/deliveries/dispatch.ts'
import { fanOut } from '../../../lib/webhooks/deliveries/fan-out.ts'
import { createResultsWorker } from '../../../lib/webhooks/deliveries/results-worker.ts'
import { makeSecret } from '../../../lib/webhooks/endpoints/secrets.ts'
import { createPost } from '../../../lib/webhooks/sending/attempt.ts'
import { createResolve } from '../../../lib/webhooks/sending/resolver.ts'
import { createSender } from '../../../lib/webhooks/sending/sender.ts'
import { createMemoryQueue } from './queue.ts'

const createCipher = () => {
  const keys = new Map([['bench', randomBytes(32)]])
  return createFieldCipher({ loadKeys: async () => ({ kid: 'bench', keys }) })
}

export interface StageSettings {
  /** Whoever writes, three environments that handle events, two that handle results. */
  readonly connections: readonly Sql[]
  readonly senders: number
}

export type Stage = ReturnType<typeof startStage>

/** The way of a webhook through the functions of the platform, all of them in this process, with queues between them. */
export function startStage({ connections, senders }: StageSettings) {
  const [sql, ...others] = connections as [Sql, ...Sql[]]
  const fieldCipher = createCipher()
  const messageCipher = createCipher()
  const [events, webhooks, results] = [createMemoryQueue(), createMemoryQueue(), createMemoryQueue()]

  const dispatcherOn = (own: Sql) =>
    createDispatcher({ sql: own, queue: webhooks.jobs, fieldCipher, messageCipher })
  const relayOn = (own: Sql) => createOutboxRelay({ sql: own, queue: events.jobs })

  events.start({
    environments: 3,
    handle: inTurns(others.slice(0, 3), (own) => {
      const { dispatchSoon } = dispatcherOn(own)
      const jobs = createPublisher({ sql: own, fanOut, dispatchSoon }) as Jobs
      const receipts = createReceipts({ sql: own, consumer: 'jobs' })
      return createQueueWorker({
        queueUrl: 'events',
        queue: events.jobs,
        handleMessage: createEventConsumer({ receipts, jobs }),
      })
    }),
  })
  webhooks.start({
    environments: senders,
    handle: createQueueWorker({
      queueUrl: 'webhooks',
      queue: webhooks.jobs,
      handleMessage: createSender({
        cipher: messageCipher,
        post: createPost({ resolve: createResolve(), allowLocal: true }),
        results: results.jobs,
      }),
    }),
  })
  results.start({
    environments: 2,
    handle: inTurns(others.slice(3, 5), (own) =>
      createResultsWorker({
        sql: own,
        queueUrl: 'results',
        queue: results.jobs,
        relay: relayOn(own),
        dispatcher: dispatcherOn(own),
      }),
    ),
  })

  return {
    sql,
    relay: relayOn(sql),
    dispatcher: dispatcherOn(sql),
    messageCipher,

    async addEndpoint(account_id: string, url: string) {
      const [endpoint] = await sql<[{ id: string }]>`
        insert into webhook_endpoints (
          account_id, url, api_version, rate_per_second, sealed_secret, created_at, updated_at
        )
        values (
          ${account_id}, ${url}, '2026-12-01', 100, ${await fieldCipher.seal(makeSecret())}, now(), now()
        )
        returning id
      `
      return endpoint.id
    },

    async stop() {
      for (const queue of [events, webhooks, results]) await queue.stop()
    },
  }
}

/** An environment each, with a connection of its own; whichever is free takes the next batch. */
function inTurns<E, R>(connections: readonly Sql[], make: (sql: Sql) => (event: E) => Promise<R>) {
  const free = connections.map(make)
  return async (event: E): Promise<R> => {
    const handle = free.pop()!
    try {
      return await handle(event)
    } finally {
      free.push(handle)
    }
  }
}
