import * as z from 'zod/mini'
import { dayMs, minuteMs } from '../../time.ts'
import { furthestAheadMs, lateMs, oldestMs } from './rules.ts'
import type { EventResult } from './schemas.ts'

const isoTime = z.iso.datetime({ offset: true })

export interface JudgedTime {
  /** As the client says. */
  readonly client_at: Date
  /** The same, but never after now. */
  readonly at: Date
  readonly is_late: boolean
  readonly is_clamped: boolean
}

export type Rejection = Required<Pick<EventResult, 'code' | 'detail'>>

/** When something happened, as far as a client can be believed. */
export function judgeTime(given: unknown, now: Date): JudgedTime | Rejection {
  const { data } = isoTime.safeParse(given)
  if (data === undefined) return { code: 'invalid_time', detail: detailOf(given) }
  const client_at = new Date(data)
  const age = now.getTime() - client_at.getTime()
  if (age > oldestMs) return { code: 'too_old', detail: `It is over ${oldestMs / dayMs} days old` }
  if (age < -furthestAheadMs)
    return {
      code: 'in_future',
      detail: `It is over ${furthestAheadMs / minuteMs} minutes ahead of our clock`,
    }
  return { client_at, at: age < 0 ? now : client_at, is_late: age > lateMs, is_clamped: age < 0 }
}

const detailOf = (given: unknown) =>
  given === undefined
    ? '`at` is missing'
    : typeof given === 'number'
      ? '`at` is ISO 8601 with a zone; a number is not read as a time'
      : '`at` is ISO 8601 with a zone, such as 2026-12-01T18:00:00.000Z'
