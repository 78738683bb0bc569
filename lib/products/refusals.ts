import { AppError, type FieldError } from '../errors.ts'

const mostErrors = 50

/** Of members of a body that only the database can tell to be wrong. */
export const invalid = (...errors: readonly FieldError[]) =>
  new AppError('validation_failed', undefined, { errors: errors.slice(0, mostErrors) })
