import { hourMs, minuteMs } from '../../time.ts'
import type { WebhookResult } from '../result.ts'

/** How long after the one before each try of a delivery follows: the first at once. */
const scheduleMs = [
  0,
  5_000,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
]

/** After so many that failed a delivery is not tried again by itself. */
export const mostTries = scheduleMs.length

/** A receiver that has too much to do is left alone for so long at least. */
const reliefMs = minuteMs

/** Of the delay, either way: what failed together does not come back together. */
const jitter = 0.2

export type Failure = Pick<WebhookResult, 'status_code' | 'retry_after_seconds'> & {
  readonly error: string | null
}

/**
 * How long after a try that failed the next one is made, where `tries` have failed with it; undefined when that was the
 * last. What the receiver asks for is heard, as far as twice the delay that it would have had anyway.
 */
export function delayAfter(tries: number, failure: Failure, random: () => number): number | undefined {
  const planned = scheduleMs[tries]
  if (planned === undefined) return undefined
  const isOverloaded = failure.status_code === 429 || failure.error === 'timeout'
  const base = isOverloaded ? Math.max(planned, reliefMs) : planned
  if (failure.retry_after_seconds !== null) {
    const asked = clamp(failure.retry_after_seconds * 1_000, base, 2 * base)
    return Math.min(asked * (1 + jitter * random()), 2 * base)
  }
  return base * (isOverloaded ? 1 + jitter * random() : 1 - jitter + 2 * jitter * random())
}

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most)

/** Whether the receiver says that there will never be one again. */
export const isGone = ({ status_code }: Pick<Failure, 'status_code'>) => status_code === 410
