import { dayMs, hourMs, minuteMs } from '../../time.ts'

/** Of one call. */
export const mostEvents = 100
export const largestBatchBytes = 256 * 1024

/** What is older is refused. */
export const oldestMs = 7 * dayMs
/** What is older than this is taken, and marked as late: the hour that it belongs to may have been summed up. */
export const lateMs = hourMs
/** So far ahead of us a clock may be: what it says is taken to be now, and marked. What is further is refused. */
export const furthestAheadMs = 5 * minuteMs

/** How often a player says what was heard, and how much one heartbeat may say. */
export const heartbeatMs = 15_000
export const longestHeartbeatMs = 10 * minuteMs
/** What is shorter is not heard: or else a listening could be made of as many parts as it has milliseconds. */
export const shortestHeardMs = 100

/**
 * More than this cannot have been heard, of one issue of a stream in one call: twice the time that passed between the
 * issue and the call, for those who listen at double speed, and a little for the way.
 */
export const fastestPlayback = 2
export const patternLeewayMs = 10_000
