import { call } from './session.ts'

/** How much is heard before it is told, and how far the sound moves between two looks when nobody has jumped. */
const heartbeatMs = 15_000
const furthestStepMs = 2_000

/**
 * Tells the API what was heard of one issue of a stream: parts of the track, without pauses and what was skipped. A
 * report that is lost costs a few seconds of a figure, so none is repeated.
 */
export function createHeartbeats(playToken: string) {
  let from: number | undefined
  let to = 0

  function flush(): void {
    if (from !== undefined && to > from) report({ type: 'play_heartbeat', from_ms: from, to_ms: to })
    from = undefined
  }

  function report(event: Readonly<Record<string, unknown>>): void {
    const whole = {
      id: crypto.randomUUID(),
      at: new Date().toISOString(),
      play_token: playToken,
      source: 'direct',
      ...event,
    }
    call('POST', '/api/v1/analytics/events', { body: { events: [whole] } }).catch(() => undefined)
  }

  return {
    /** Whenever the sound has moved on by itself. */
    heard(seconds: number): void {
      const at = Math.round(seconds * 1_000)
      if (from !== undefined && (at < to || at - to > furthestStepMs)) flush()
      from ??= at
      to = at
      if (to - from >= heartbeatMs) flush()
    },
    /** At a pause, a jump and the end. */
    flush,
  }
}

export type Heartbeats = ReturnType<typeof createHeartbeats>
