import { AppError, type FieldError } from '../errors.ts'
import type { Limit } from '../http/limits.ts'
import { dayMs, hourMs, minuteMs } from '../time.ts'
import type { Stage } from './repository.ts'

/** On one track, whatever the class of the route lets through in all. */
export const trackPace: Limit = { quota: 6, window_seconds: 600 }
export const newcomerPace: Limit = { quota: 5, window_seconds: 3_600 }
export const deletionPace: Limit = { quota: 30, window_seconds: 1_800 }

export const editWindowMs = 24 * hourMs
/** What is mended so soon does not show as edited. */
export const editGraceMs = 5 * minuteMs

const mostMentions = 10
const mostLinksOfNewcomers = 2

export const isNewcomer = ({ joined_at }: Pick<Stage, 'joined_at'>, now: Date) =>
  now.getTime() - joined_at.getTime() < dayMs

const link = /\bhttps?:\/\/|\bwww\./giu

/** Those who signed up today may not fill the place with addresses. */
export function requireFewLinks(body: string): void {
  if ((body.match(link)?.length ?? 0) <= mostLinksOfNewcomers) return
  throw invalid('body', 'too_many_links', `A new account may put in ${mostLinksOfNewcomers} links at most`)
}

export function requireFewMentions(mentioned: readonly unknown[]): void {
  if (mentioned.length > mostMentions) {
    throw invalid('body', 'too_many_mentions', `At most ${mostMentions} people can be mentioned`)
  }
}

export function requirePlace({ duration_ms }: Stage, timestamp_ms: number | undefined): void {
  if (timestamp_ms === undefined) return
  if (duration_ms === null) throw invalid('timestamp_ms', 'invalid', 'There is nothing to hear yet')
  if (timestamp_ms > duration_ms) {
    throw invalid('timestamp_ms', 'too_big', `The track ends at ${duration_ms} ms`)
  }
}

function invalid(field: string, code: string, detail: string): AppError {
  const error: FieldError = { pointer: `#/body/${field}`, code, detail }
  return new AppError('validation_failed', undefined, { errors: [error] })
}
