import {
  completeShare,
  enoughMs,
  enoughShare,
  longestWindowMs,
  mostPlaysOfNetwork,
  mostPlaysOfUser,
  shortestWindowMs,
} from '../../plays/counting.ts'
import { dayMs } from '../../time.ts'
import { oldestMs } from '../ingest/rules.ts'

const reasons = {
  ua: 'A program called that says it is one',
  datacenter: 'It came from a network of servers, where nobody listens',
  no_token: 'It names no stream that we issued',
  pattern: 'More was heard than there was time for since the stream was issued',
  rate: 'There were too many plays of one address within an hour, or of one user within a day',
} as const

const seconds = (ms: number) => `${ms / 1_000} s`

/** By what plays are counted, in the numbers that count them. */
export const countingRule = () => ({
  least_ms: enoughMs,
  least_share: enoughShare,
  window_least_ms: shortestWindowMs,
  window_most_ms: longestWindowMs,
  complete_share: completeShare,
  late_days: oldestMs / dayMs,
  plays_per_address_hour: mostPlaysOfNetwork.plays,
  plays_per_user_day: mostPlaysOfUser.plays,
  reasons: Object.entries(reasons).map(([reason, detail]) => ({ reason, detail })),
  text: [
    'A listening is one issue of a stream.',
    `It is a play once ${seconds(enoughMs)} of it were heard, or ${enoughShare * 100} % of what is shorter; what was`,
    'skipped or paused is not heard, and what is heard again is heard once.',
    'A play counts unless the same listener had played the track within its duration',
    `(at least ${seconds(shortestWindowMs)}, at most ${seconds(longestWindowMs)}), or a reason speaks against it.`,
    `It is complete from ${completeShare * 100} % on.`,
  ].join(' '),
})
