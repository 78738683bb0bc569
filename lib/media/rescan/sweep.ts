import type { JobQueue } from '../../aws/job-queue.ts'
import type { Sql } from '../../db/client.ts'
import { findInForce, type InForce, markSwept } from '../../definitions/in-force.ts'
import { dayMs, earlier, hourMs, minuteMs } from '../../time.ts'
import {
  claimStale,
  claimUnsettled,
  countAsked,
  hasStale,
  type Rescan,
  type RescanLimits,
} from './repository.ts'

export interface RescanRules {
  /** Of what was let in during so many days. */
  readonly days: number
  readonly perMinute: number
}

export interface RescanSweepDependencies {
  readonly sql: Sql
  readonly queue: Pick<JobQueue, 'send'>
  readonly rules: RescanRules
}

/** A message that was not worked off by then is sent again; doing it twice is doing it once. */
const lostAfterMs = 30 * minuteMs

/** A scan that began before the set was in force has ended by then, and is on record with what it was made by. */
const settledAfterMs = hourMs

/**
 * Puts a few versions into the scan queue again: those that the definitions in force have not seen, and those that a
 * moderator asks about. Never more at once than the scanner works off beside the uploads, for which it is there.
 */
export function createRescanSweep({ sql, queue, rules }: RescanSweepDependencies) {
  return async function ask(now: Date): Promise<number> {
    const asked_after = earlier(now, lostAfterMs)
    const asked = await countAsked(sql, { minute_ago: earlier(now, minuteMs), asked_after })
    const limits = { since: earlier(now, rules.days * dayMs), asked_after, limit: rules.perMinute - asked }
    if (limits.limit <= 0) return 0
    const rescans = await claim(limits, now)
    const messages = rescans.map((rescan) => ({ id: rescan.version_id, body: JSON.stringify({ rescan }) }))
    const accepted = await queue.send(messages)
    // The others are claimed, and come again when those are held for lost.
    if (accepted.length < rescans.length) throw new Error('The scan queue refused messages')
    return rescans.length
  }

  async function claim(limits: RescanLimits, now: Date): Promise<Rescan[]> {
    const unsettled = await claimUnsettled(sql, limits, now)
    const limit = limits.limit - unsettled.length
    const inForce = await findInForce(sql)
    if (limit === 0 || !inForce || inForce.swept_at) return unsettled
    const stale = await claimStale(sql, inForce.version, { ...limits, limit }, now)
    if (stale.length === 0) await endSweep(inForce, limits.since, now)
    return [...unsettled, ...stale]
  }

  async function endSweep({ version, current_since }: InForce, since: Date, now: Date) {
    if (current_since > earlier(now, settledAfterMs) || (await hasStale(sql, version, since))) return
    await markSwept(sql, version, now)
  }
}
