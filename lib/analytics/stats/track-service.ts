import type { Actor } from '../../auth/actor.ts'
import type { Sql } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { findAsOf } from '../rollups/as-of.ts'
import { comparedWith, type Range, readInterval, readRange, showRange } from './ranges.ts'
import { findEditableTrack, findFirstDay, findRetention, listDays, type Subject } from './repository.ts'
import { toCurve } from './retention-curve.ts'
import { countingRule } from './rule.ts'
import type { ExplainedStats, ExplainQuery, StatsQuery, TrackStats } from './schemas.ts'
import { readBreakdowns, readSeries, readSums } from './subject-stats.ts'
import { addUp, changeOf, filteredOf, trackFiguresOf } from './totals.ts'

export interface StatsDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type TrackStatsService = ReturnType<typeof createTrackStatsService>

/** The figures of single tracks, for those who may change them. */
export function createTrackStatsService({ sql, now = () => new Date() }: StatsDependencies) {
  const requireTrack = async ({ id }: Actor, trackId: string): Promise<Subject & { track_id: string }> => {
    const track = await findEditableTrack(sql, id, trackId)
    if (!track) throw new AppError('not_found')
    return track
  }

  const readPrevious = async (subject: Subject, range: Range | undefined, at: Date) => {
    if (!range) return undefined
    const { sums, userCount } = await readSums(sql, subject, range, at)
    return { range: showRange(range), totals: trackFiguresOf(sums, userCount) }
  }

  return {
    async get(actor: Actor, trackId: string, query: StatsQuery): Promise<TrackStats> {
      const at = now()
      const subject = await requireTrack(actor, trackId)
      const range = await readRange(query, at, () => findFirstDay(sql, subject))
      const interval = readInterval(query, range)
      const as_of = await findAsOf(sql, at)
      const { days, sums, userCount } = await readSums(sql, subject, range, at)
      const totals = trackFiguresOf(sums, userCount)
      const previous = await readPrevious(subject, comparedWith(query, range), at)
      return {
        track_id: subject.track_id,
        as_of,
        range: showRange(range),
        interval,
        totals,
        previous: previous ? { ...previous, change: changeOf(totals, previous.totals) } : null,
        series: await readSeries(sql, subject, { range, interval, days, now: at }),
        ...(await readBreakdowns(sql, subject, { range, sums, now: at })),
        retention: toCurve(await findRetention(sql, subject.track_id, range)),
      }
    },

    async explain(actor: Actor, trackId: string, query: ExplainQuery): Promise<ExplainedStats> {
      const at = now()
      const subject = await requireTrack(actor, trackId)
      const range = await readRange(query, at, () => findFirstDay(sql, subject))
      const as_of = await findAsOf(sql, at)
      const sums = addUp(await listDays(sql, subject, range))
      const filtered = filteredOf(sums)
      const filteredCount = Object.values(filtered).reduce((sum, count) => sum + count, 0)
      return {
        track_id: subject.track_id,
        as_of,
        range: showRange(range),
        listen_count: sums.play_count + sums.repeated_count + sums.short_count + filteredCount,
        counted: sums.play_count,
        repeated: sums.repeated_count,
        too_short: sums.short_count,
        filtered,
        filtered_view_count: sums.filtered_view_count,
        rule: countingRule(),
      }
    },
  }
}
