import { unavailable } from '../errors.ts'

/** The connection broke, so whether the statement took effect is not known. */
const lost = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'ECONNRESET',
  'EPIPE',
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
])

/** The server could not be reached, or had no room. */
const unreachable = new Set([
  'ABORT_ERR', // it did not answer in time
  'CONNECT_TIMEOUT',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
  '53300', // too_many_connections
  '57P03', // cannot_connect_now
])

/** The driver's errors, PostgreSQL's and the socket's have nothing in common but this. */
function codeOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}

export const isLostConnection = (error: unknown) => lost.has(codeOf(error))

/** PostgreSQL undid the whole transaction, so that others could go on. */
export const isDeadlock = (error: unknown) => codeOf(error) === '40P01'

/** A failure of the way to the database becomes a 503; what the server itself says of a statement stays. */
export function toUnavailable(error: unknown): unknown {
  const code = codeOf(error)
  return lost.has(code) || unreachable.has(code) || code.startsWith('08') ? unavailable(error) : error
}

export class QueryDeadlineError extends Error {
  override name = 'QueryDeadlineError'

  constructor(deadlineMs: number) {
    super(`The database did not answer within ${deadlineMs} ms`)
  }
}

export const isUniqueViolation = (error: unknown) => codeOf(error) === '23505'

export const isForeignKeyViolation = (error: unknown) => codeOf(error) === '23503'
