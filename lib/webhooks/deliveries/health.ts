import { dayMs, hourMs } from '../../time.ts'

/** How an endpoint does: of what failed since it last answered as it should. */
export interface Health {
  readonly first_failure_at: Date | null
  readonly last_failure_at: Date | null
  readonly failures_in_row: number
  /** What the owner was told of these failures: nothing, that it was a day, that it was three. */
  readonly failure_notices: number
  readonly last_success_at: Date | null
}

/** That of an endpoint that is new, or was enabled again. */
export const unknownHealth = {
  first_failure_at: null,
  last_failure_at: null,
  failures_in_row: 0,
  failure_notices: 0,
} as const

/** Results come in any order: what failed before a success that is known of says nothing any more. */
export function afterFailure(health: Health, at: Date): Health {
  if (health.last_success_at && at <= health.last_success_at) return health
  const { first_failure_at: first, last_failure_at: last } = health
  return {
    ...health,
    first_failure_at: first && first < at ? first : at,
    last_failure_at: last && last > at ? last : at,
    failures_in_row: health.failures_in_row + 1,
  }
}

/** Of a success between the failures only the last of them is known to be after it. */
export function afterSuccess(health: Health, at: Date): Health {
  const { first_failure_at: first, last_failure_at: last, last_success_at } = health
  const succeeded = {
    ...health,
    last_success_at: last_success_at && last_success_at > at ? last_success_at : at,
  }
  if (!first || !last || at < first) return succeeded
  if (at >= last) return { ...succeeded, ...unknownHealth }
  return { ...succeeded, first_failure_at: last, failures_in_row: 1, failure_notices: 0 }
}

export type FailureNotice = 'failing' | 'still_failing' | 'disabled'

interface Stage {
  readonly notice: FailureNotice
  readonly failingMs: number
}

/** The last one disables. */
export const failureStages: readonly Stage[] = [
  { notice: 'failing', failingMs: dayMs },
  { notice: 'still_failing', failingMs: 3 * dayMs },
  { notice: 'disabled', failingMs: 5 * dayMs },
]

/** So far apart are the first failure and the last at least: a single bad hour is none of it. */
export const leastSpanMs = 12 * hourMs

/** Nothing is disabled that has not failed within this time: it may be well again, and nothing was sent to tell. */
export const freshMs = dayMs

/** What is to be done about an endpoint that fails, and has not been done. */
export function dueStage(health: Health, now: Date): (Stage & { readonly number: number }) | undefined {
  const { first_failure_at: first, last_failure_at: last, failure_notices } = health
  if (!first || !last || last.getTime() - first.getTime() < leastSpanMs) return undefined
  const failingMs = now.getTime() - first.getTime()
  const isFresh = now.getTime() - last.getTime() <= freshMs
  const reached = failureStages.findLastIndex(
    (stage) => failingMs >= stage.failingMs && (stage.notice !== 'disabled' || isFresh),
  )
  return reached >= failure_notices ? { ...failureStages[reached]!, number: reached + 1 } : undefined
}
