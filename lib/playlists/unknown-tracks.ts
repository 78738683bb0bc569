import { AppError } from '../errors.ts'

const mostErrors = 50

/** Tracks that are named in a body and that the user may not see, or that are none. */
export const unknownTracks = (pointers: readonly string[]) =>
  new AppError('validation_failed', undefined, {
    errors: pointers
      .slice(0, mostErrors)
      .map((pointer) => ({ pointer, code: 'track_not_found', detail: 'There is no such track here' })),
  })
