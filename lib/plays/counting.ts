import { dayMs, hourMs } from '../time.ts'

/** What counts as a play: half a minute of it, or half of what is shorter than a minute. */
export const enoughMs = 30_000
export const enoughShare = 0.5
/** From how much on it was heard to its end, or nearly. */
export const completeShare = 0.9

/** Who plays the same again within its own length has not played it twice; within these bounds. */
export const shortestWindowMs = 30_000
export const longestWindowMs = hourMs

/** Plays of more than this are kept and do not count; hours and days are those of UTC. */
export const mostPlaysOfNetwork = { plays: 100, window_ms: hourMs }
export const mostPlaysOfUser = { plays: 500, window_ms: dayMs }

/** Clocks differ, and a report takes its time: so much more than passed may have been heard. */
export const clockLeewayMs = 5_000

/** Null where nobody knows how long it is. */
export type Duration = number | null

export const leastOf = (duration: Duration) => Math.min(enoughMs, (duration ?? Infinity) * enoughShare)

export const isComplete = (listenedMs: number, duration: Duration) =>
  duration !== null && listenedMs >= completeShare * duration

export const windowOf = (duration: Duration) =>
  Math.min(Math.max(duration ?? longestWindowMs, shortestWindowMs), longestWindowMs)
