import { minuteMs } from '../time.ts'

/** For whoever does not sit at the application: what comes together is told together, and six times a day at most. */
export const digestWaitMs = 15 * minuteMs
export const digestPause = '4 hours'
