import { logger } from '../../logger.ts'
import type { AttemptError } from '../result.ts'

/** An attempt came to an end of which the receiver is to blame; the log of attempts shows why. */
export class AttemptFailure extends Error {
  override name = 'AttemptFailure'
  readonly why: AttemptError

  constructor(why: AttemptError) {
    super(`The webhook was not delivered: ${why}`)
    this.why = why
  }
}

interface ClientError {
  readonly code?: string
  readonly socket?: { readonly bytesRead?: number }
}

/** What stopped the HTTP client before there was an answer: a connection that broke, or one that said something else. */
export function whyUnanswered(error: unknown): AttemptError {
  const { code = '', socket } = error as ClientError
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'response_too_large'
  const isSilent = code === 'UND_ERR_SOCKET' ? !socket?.bytesRead : /^E[A-Z]/.test(code)
  if (isSilent) return 'connect_failed'
  // Those of the parser (HPE_…) and these are the receiver's doing; all others would be ours.
  if (!/^(?:HPE_|UND_ERR_(?:SOCKET|RES_|INFO))/.test(code))
    logger.error('A webhook failed in another way than receivers make it fail', { error })
  return 'invalid_response'
}
