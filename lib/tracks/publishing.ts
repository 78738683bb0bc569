import { AppError } from '../errors.ts'
import type { Track } from './schemas.ts'

export type Publishing = Pick<Track, 'visibility' | 'release_at'>

/** What is asked for; what is left out stays. */
export interface PublishingChange {
  readonly visibility?: Track['visibility'] | undefined
  readonly release_at?: Date | null | undefined
}

/**
 * Who sees a track from now on. What is public with its release ahead is scheduled until then; making a scheduled
 * track public without naming a date releases it now. A date in the past is the day that it came out.
 */
export function publish(present: Publishing, change: PublishingChange, now: Date): Publishing {
  const { visibility = present.visibility } = change
  const isReleasedNow =
    present.visibility === 'scheduled' && change.visibility === 'public' && change.release_at === undefined
  const release_at = isReleasedNow ? null : (change.release_at ?? keptDate(present, change))
  const isAhead = release_at !== null && release_at > now
  if (visibility === 'scheduled' && !isAhead) throw releaseNotAhead()
  return { visibility: visibility === 'public' && isAhead ? 'scheduled' : visibility, release_at }
}

const keptDate = (present: Publishing, { release_at }: PublishingChange) =>
  release_at === null ? null : present.release_at

const releaseNotAhead = () =>
  new AppError('validation_failed', undefined, {
    errors: [
      {
        pointer: '#/body/release_at',
        code: 'not_ahead',
        detail: 'What is scheduled needs a release in the future',
      },
    ],
  })
