import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Connection, openConnection } from './connection.ts'
import { QueryDeadlineError } from './errors.ts'
import type { DatabaseSettings } from './settings.ts'

/** Keeps a usable connection across the freezes of an environment. */
export interface Lifeline {
  /** To be awaited before a statement; undefined when it may be sent at once. */
  wake(): Promise<void> | undefined
  connection(): Connection
  /** Between the two nothing is frozen. */
  enter(): void
  leave(): void
  /** Calls `onExpiry` unless the function it returns is called in time. */
  startDeadline(onExpiry: (error: QueryDeadlineError) => void): () => void
  end(options?: { timeout?: number }): Promise<void>
}

/** A shorter pause is the gap between two statements of one request. */
const gapMs = 10

export function createLifeline(settings: DatabaseSettings, now: () => number): Lifeline {
  let connection = openConnection(settings)
  let running = 0
  let lastUsed = now()
  let waking: Promise<void> | undefined
  let isEnded = false

  return {
    wake() {
      if (waking) return waking
      const idleMs = running > 0 ? 0 : now() - lastUsed
      if (idleMs < gapMs) return undefined
      // Its peer may have gone without a word.
      if (idleMs > settings.idleLimitMs) connection.discard()
      waking = hearSocket().finally(() => {
        waking = undefined
      })
      return waking
    },

    connection() {
      // A client is cheap to make: it connects with its first statement.
      if (!connection.isUsable() && !isEnded) connection = openConnection(settings)
      return connection
    },

    enter() {
      running++
    },

    leave() {
      running--
      lastUsed = now()
    },

    startDeadline(onExpiry) {
      const ms = settings.queryDeadlineMs
      const timer = setTimeout(() => onExpiry(new QueryDeadlineError(ms)), ms)
      return () => clearTimeout(timer)
    },

    end(options) {
      isEnded = true
      return connection.client.end(options)
    },
  }
}

/** What came in during a freeze is delivered now. After one turn of the loop a reset is still lost; not after two. */
async function hearSocket() {
  await nextTurn()
  await nextTurn()
}
