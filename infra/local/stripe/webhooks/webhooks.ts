import { createHmac } from 'node:crypto'
import type { Logger } from '../../aws/logger.ts'
import { createDueLoop } from '../due-loop.ts'
import type { StoredEvent } from '../objects.ts'
import type { Store } from '../store.ts'
import { type Attempt, createDeliveryTable, type Delivery } from './deliveries.ts'
import { createRules, matchesType } from './rules.ts'

/** Stripe tries for three days; here it goes faster, and for about half an hour. */
const retryDelaysMs = [500, 1_000, 2_000, 5_000, 10_000, 30_000, ...Array.from({ length: 30 }, () => 60_000)]

const TIMEOUT_MS = 20_000

export type Webhooks = ReturnType<typeof createWebhooks>

export function createWebhooks(options: {
  readonly store: Store
  readonly endpoint: string
  readonly secret: string
  readonly now: () => Date
  readonly logger: Logger
}) {
  const { store, endpoint, secret, logger } = options
  const now = () => options.now().getTime()
  const table = createDeliveryTable(store)
  const rules = createRules()
  const closing = new AbortController()
  const onError = (error: unknown) =>
    logger.error(`Webhooks: ${error instanceof Error ? error.stack : error}`)
  let held: number[] = []

  /** Within the transaction that the event is told in; `wake` sends it once that is through. */
  function accept({ id, type }: StoredEvent): void {
    const rule = rules.take(type)
    if (rule?.mode === 'lost') return void table.insert(id, 'lost', 0)
    if (rule?.mode === 'reordered') {
      held.push(table.insert(id, 'held', 0))
      if (rule.left === 0) setImmediate(() => release().catch(onError))
      return
    }
    const dueAt = now() + (rule?.mode === 'late' ? rule.delay_ms : 0)
    const copies = rule?.mode === 'duplicate' ? rule.copies : 1
    for (let copy = 0; copy < copies; copy += 1) table.insert(id, 'pending', dueAt)
  }

  /** Last first, each one once the one before it was answered. */
  async function release(): Promise<void> {
    const ids = held.reverse()
    held = []
    for (const id of ids) {
      if (closing.signal.aborted) return
      const delivery = table.find(id)
      if (delivery) await send(delivery)
    }
    loop.wake()
  }

  async function send({ id, event_id, attempts }: Delivery): Promise<void> {
    const began = performance.now()
    const outcome = await post(table.event(event_id))
    if (closing.signal.aborted) return
    const attempt: Attempt = {
      at: options.now().toISOString(),
      ...outcome,
      duration_ms: Math.round(performance.now() - began),
    }
    const all = [...attempts, attempt]
    const isThere = outcome.status !== null && outcome.status >= 200 && outcome.status < 300
    const delayMs = retryDelaysMs[attempts.length]
    if (isThere) {
      table.mark(id, 'delivered', 0, all)
      table.markTold(event_id)
    } else if (delayMs === undefined) {
      table.mark(id, 'failed', 0, all)
      logger.warn(`${event_id} was never taken: ${outcome.status ?? outcome.error}`)
    } else {
      table.mark(id, 'pending', now() + delayMs, all)
    }
  }

  async function post(event: StoredEvent): Promise<Pick<Attempt, 'status' | 'error'>> {
    const body = JSON.stringify(event, undefined, 2)
    const seconds = Math.floor(now() / 1000)
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'stripe-signature': `t=${seconds},v1=${sign(`${seconds}.${body}`, secret)}`,
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        },
        body,
      })
      await response.arrayBuffer()
      return { status: response.status, error: null }
    } catch (error) {
      return { status: null, error: error instanceof Error ? error.message : String(error) }
    }
  }

  const loop = createDueLoop<Delivery>({
    now,
    next: table.nextDue,
    take: () => table.takeDue(now()),
    run: send,
    onError,
  })

  /** Another delivery of an event that was told before. */
  function resend(eventId: string): void {
    table.insert(eventId, 'pending', now())
    loop.wake()
  }

  return {
    accept,
    wake: loop.wake,
    rules,
    list: table.list,
    latest: table.latest,
    resend,
    /** Everything that was lost or given up, of these types. */
    resendLost(type = '*'): number {
      const lost = [...table.list({ state: 'lost' }), ...table.list({ state: 'failed' })].filter((delivery) =>
        matchesType(delivery.type, type),
      )
      for (const { id, attempts } of lost) table.mark(id, 'pending', now(), attempts)
      loop.wake()
      return lost.length
    },
    release,
    start(): void {
      table.reopen(now())
      loop.wake()
    },
    close(): void {
      closing.abort()
      loop.close()
    },
  }
}

const sign = (text: string, secret: string) => createHmac('sha256', secret).update(text).digest('hex')
