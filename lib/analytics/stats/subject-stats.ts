import type { Db } from '../../db/client.ts'
import { listenersKnownSince } from '../rollups/service.ts'
import { type Group, toSlices } from './k-anonymity.ts'
import { boundsOf, type Interval, listBeginnings, type Range } from './ranges.ts'
import {
  countUsers,
  type DimensionGroup,
  listDays,
  listGroups,
  listGroupUsers,
  listHours,
  type Subject,
  type SumRow,
} from './repository.ts'
import type { Breakdowns, Point } from './schemas.ts'
import { addUp, type Sums } from './totals.ts'

/** What a track and a whole catalogue have in common. */
export interface SubjectSums {
  readonly days: readonly SumRow[]
  readonly sums: Sums
  /** Null where it is not known any more. */
  readonly userCount: number | null
}

export const areListenersKnown = (range: Range, now: Date): boolean =>
  boundsOf(range).from >= listenersKnownSince(now)

export async function readSums(db: Db, subject: Subject, range: Range, now: Date): Promise<SubjectSums> {
  const { days, sums } = await readDays(db, subject, range)
  return { days, sums, userCount: await readUserCount(db, subject, range, sums, now) }
}

/** Without the users who listened. */
export async function readDays(
  db: Db,
  subject: Subject,
  range: Range,
): Promise<Omit<SubjectSums, 'userCount'>> {
  const days = await listDays(db, subject, range)
  return { days, sums: addUp(days) }
}

function readUserCount(db: Db, subject: Subject, range: Range, { user_count }: Sums, now: Date) {
  if (user_count === 0) return 0
  return areListenersKnown(range, now) ? countUsers(db, subject, range) : null
}

const empty = { play_count: 0, listener_count: 0, complete_count: 0, listened_ms: 0, view_count: 0 }

/** A point for each day or hour that has begun, those without anything too. */
export async function readSeries(
  db: Db,
  subject: Subject,
  { range, interval, days, now }: { range: Range; interval: Interval; days: readonly SumRow[]; now: Date },
): Promise<Point[]> {
  const rows: Point[] =
    interval === 'hour'
      ? (await listHours(db, subject, range)).map((row) => ({ ...row, listener_count: null }))
      : days.map((row) => ({ ...row, listener_count: row.user_count + row.guest_count }))
  const byTime = new Map(rows.map((row) => [row.at.getTime(), row]))
  const nothing = interval === 'hour' ? { ...empty, listener_count: null } : empty
  return listBeginnings(range, interval, now).map((at) => byTime.get(at.getTime()) ?? { at, ...nothing })
}

/**
 * So many listeners a day, added up, can be looked at one by one while somebody waits. Of more than that, what had
 * five listeners on no single day is a rest so small that it may stay one.
 */
const mostListenerDays = 50_000

/** Where plays came from, without what could be somebody. */
export async function readBreakdowns(
  db: Db,
  subject: Subject,
  { range, sums, now }: { readonly range: Range; readonly sums: Sums; readonly now: Date },
): Promise<Breakdowns> {
  const groups = await listGroups(db, subject, range)
  const isCounted = areListenersKnown(range, now) && sums.user_count <= mostListenerDays
  const users = isCounted ? await listGroupUsers(db, subject, range) : []
  const countOf = new Map(
    users.map(({ dimension, value, user_count }) => [`${dimension} ${value}`, user_count]),
  )
  const known = groups.map(
    (group): DimensionGroup => ({
      ...group,
      listener_least: Math.max(group.listener_least, countOf.get(`${group.dimension} ${group.value}`) ?? 0),
    }),
  )
  const slicesOf = (dimension: DimensionGroup['dimension']) =>
    toSlices(known.filter((group): group is DimensionGroup & Group => group.dimension === dimension))
  return { sources: slicesOf('source'), countries: slicesOf('country'), devices: slicesOf('device') }
}
