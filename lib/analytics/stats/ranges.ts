import { AppError } from '../../errors.ts'
import { dayMs, dayOf } from '../../time.ts'
import type { ExplainQuery, RangeShown, rangeNames, StatsQuery } from './schemas.ts'

/** Days of UTC, so none is shorter or longer than the others. */
export interface Range {
  readonly from: string
  /** Included. */
  readonly to: string
  readonly day_count: number
}

export type Interval = 'hour' | 'day'

const mostDays = 731
const mostDaysByHour = 7

const lengths: Readonly<Record<Exclude<(typeof rangeNames)[number], 'all'>, number>> = {
  '7d': 7,
  '28d': 28,
  '90d': 90,
  '365d': 365,
}

const plusDays = (day: string, days: number) => dayOf(new Date(Date.parse(day) + days * dayMs))
const daysFrom = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / dayMs + 1

const refuse = (member: string, detail: string): never => {
  throw new AppError('validation_failed', undefined, {
    errors: [{ pointer: `#/query/${member}`, code: 'invalid_range', detail }],
  })
}

/** Which days are asked for; those of `all` begin with the first that has a figure. */
export async function readRange(
  { range, from, to }: ExplainQuery,
  now: Date,
  findFirstDay: () => Promise<string | undefined>,
): Promise<Range> {
  const today = dayOf(now)
  if (from !== undefined || to !== undefined) {
    if (range !== undefined) return refuse('range', 'Give a range or days, not both')
    if (from === undefined || to === undefined) return refuse(from ? 'to' : 'from', 'Give both days')
    return checkDays(from, to, today)
  }
  if (range !== 'all') return endingToday(today, lengths[range ?? '28d'])
  const first = (await findFirstDay()) ?? today
  return endingToday(today, Math.min(Math.max(daysFrom(first, today), 1), mostDays))
}

function checkDays(from: string, to: string, today: string): Range {
  const day_count = daysFrom(from, to)
  if (day_count < 1) return refuse('from', 'A range begins before its end')
  if (day_count > mostDays) return refuse('from', `A range has ${mostDays} days at most`)
  if (to > today) return refuse('to', `A range ends today at the latest, which is ${today} in UTC`)
  return { from, to, day_count }
}

const endingToday = (today: string, day_count: number): Range => ({
  from: plusDays(today, 1 - day_count),
  to: today,
  day_count,
})

export function readInterval({ interval = 'day' }: StatsQuery, { day_count }: Range): Interval {
  if (interval === 'hour' && day_count > mostDaysByHour) {
    return refuse('interval', `Hours are shown for ${mostDaysByHour} days at most`)
  }
  return interval
}

/** As many days, right before. */
export const previousOf = ({ from, day_count }: Range): Range => ({
  from: plusDays(from, -day_count),
  to: plusDays(from, -1),
  day_count,
})

/** Before everything there is nothing to compare with. */
export const comparedWith = ({ compare, range: name }: StatsQuery, range: Range): Range | undefined =>
  compare === undefined || name === 'all' ? undefined : previousOf(range)

export const showRange = (range: Range): RangeShown => ({ ...range, time_zone: 'UTC' })

/** From the first moment of the first day to the first of the day after the last. */
export const boundsOf = ({ from, to }: Range) => ({ from: new Date(from), to: new Date(plusDays(to, 1)) })

/** When each day or hour of the range begins, as far as they have begun. */
export function listBeginnings(range: Range, interval: Interval, now: Date): Date[] {
  const { from, to } = boundsOf(range)
  const step = interval === 'hour' ? dayMs / 24 : dayMs
  const beginnings: Date[] = []
  for (let at = from.getTime(); at < to.getTime() && at <= now.getTime(); at += step) {
    beginnings.push(new Date(at))
  }
  return beginnings
}
