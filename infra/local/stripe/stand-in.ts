import type { Logger } from '../aws/logger.ts'
import { createApi } from './api.ts'
import { type Cause, type Context, createContext } from './context.ts'
import type { Machine } from './control/switch.ts'
import { createFaults } from './faults.ts'
import type { StripeKeys } from './keys.ts'
import { startServer } from './server.ts'
import { openStore } from './store.ts'
import { createTasks } from './tasks.ts'
import { createWebhooks } from './webhooks/webhooks.ts'
import { createAnswers } from './wire/answers.ts'

export interface StandInOptions {
  readonly dataDir: string
  readonly keys: StripeKeys
  readonly port: number
  /** Where signed events go. */
  readonly webhookUrl: string
  readonly logger: Logger
  readonly now?: () => Date
}

export interface StandIn {
  readonly url: string
  close(): Promise<void>
}

/** Stripe on this machine: its API, its webhooks, the pages it sends people to, and the switches of control/. */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const { dataDir, keys, logger, now = () => new Date() } = options
  const store = openStore(dataDir)
  const faults = createFaults()
  const webhooks = createWebhooks({
    store,
    endpoint: options.webhookUrl,
    secret: keys.webhook_secret,
    now,
    logger,
  })

  const perform = <T>(account: string, work: (context: Context) => T, cause?: Cause): T => {
    const deliver = webhooks.accept
    const context = createContext({ store, url: server.url, now, account, deliver, ...(cause && { cause }) })
    try {
      return store.transaction(() => work(context))
    } finally {
      webhooks.wake()
      tasks.wake()
    }
  }
  const tasks = createTasks({ store, now, perform, logger })
  const machine: Machine = { store, webhooks, faults, perform }
  const answers = createAnswers(store, now)
  const api = createApi({ keys, store, answers, faults, perform })
  const server = await startServer({ api, machine, port: options.port, now, logger })
  webhooks.start()
  tasks.start()

  return {
    url: server.url,
    async close() {
      webhooks.close()
      tasks.close()
      await server.close()
      store.close()
    },
  }
}
