import { newId } from './ids.ts'
import { type Kind, type Kinds, PLATFORM, type StoredEvent } from './objects.ts'
import type { Store } from './store.ts'
import { missing } from './wire/error.ts'

export const API_VERSION = '2026-10-28.endive'

/** What Stripe does by itself some time after a call. */
export type TaskName = 'capture_charge' | 'dispute_charge' | 'close_dispute' | 'fail_refund' | 'pay_payout'

export interface Cause {
  readonly id: string | null
  readonly idempotency_key: string | null
}

/** What a call, or something that happens by itself, works with. */
export interface Context {
  readonly store: Store
  /** In whose name: the platform's, or a connected account's. */
  readonly account: string
  /** Where people are sent to. */
  readonly url: string
  /** Seconds, as Stripe tells time. */
  now(): number
  /** Of this account; as Stripe says it where there is none. */
  demand<K extends Kind>(kind: K, id: string, what?: string): Kinds[K]
  /** Keeps the object as it has become, and tells of it. */
  change<K extends Kind>(object: Kinds[K], changes: Partial<Kinds[K]>, ...events: string[]): Kinds[K]
  emit(type: string, object: object, previous?: object): void
  later(task: TaskName, subject: string, delayMs: number): void
  /** The same, in another's name. */
  as(account: string): Context
}

export interface ContextOptions {
  readonly store: Store
  readonly url: string
  readonly now: () => Date
  readonly cause?: Cause
  readonly account?: string
  /** How an event reaches the webhooks: called within the transaction. */
  readonly deliver: (event: StoredEvent) => void
}

const nobody: Cause = { id: null, idempotency_key: null }

export function createContext(options: ContextOptions): Context {
  const { store, url, cause = nobody, account = PLATFORM } = options
  const now = () => Math.floor(options.now().getTime() / 1000)

  const emit = (type: string, object: object, previous?: object) => {
    const event: StoredEvent = {
      id: newId('evt'),
      object: 'event',
      ...(account !== PLATFORM && { account }),
      api_version: API_VERSION,
      created: now(),
      data: { object, ...(previous && { previous_attributes: previous }) },
      livemode: false,
      pending_webhooks: 1,
      request: cause,
      type,
    }
    store.insert(event as Kinds['event'], account)
    options.deliver(event)
  }

  return {
    store,
    account,
    url,
    now,
    emit,
    demand(kind, id, what = kind) {
      const found = store.find(kind, id, account)
      if (!found) throw missing(what, id)
      return found
    },
    change(object, changes, ...events) {
      const changed = { ...object, ...changes }
      store.replace(changed)
      const previous = Object.fromEntries(
        Object.keys(changes).map((key) => [key, object[key as keyof typeof object] ?? null]),
      )
      for (const type of events) emit(type, changed, type.endsWith('.updated') ? previous : undefined)
      return changed
    },
    later(task, subject, delayMs) {
      store.database
        .prepare('insert into tasks (name, subject, account, due_at) values (?, ?, ?, ?)')
        .run(task, subject, account, options.now().getTime() + delayMs)
    },
    as: (other) => createContext({ ...options, account: other }),
  }
}
