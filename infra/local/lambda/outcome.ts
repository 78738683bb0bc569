import type { LambdaError } from './protocol.ts'

/** What a caller of the Invoke API gets. */
export interface Outcome {
  /** JSON: the result, or the error document. */
  readonly payload: string
  readonly functionError?: 'Unhandled'
  readonly requestId: string
}

const RESPONSE_LIMIT_BYTES = 6 * 1024 * 1024

/** The handler's JSON, or why there is none. */
export function toOutcome(answer: LambdaError | string, requestId: string): Outcome {
  if (typeof answer !== 'string') return failed(answer, requestId)
  const size = Buffer.byteLength(answer)
  return size <= RESPONSE_LIMIT_BYTES ? { payload: answer, requestId } : failed(tooLarge(size), requestId)
}

const failed = (error: LambdaError, requestId: string): Outcome => ({
  payload: JSON.stringify(error),
  functionError: 'Unhandled',
  requestId,
})

const tooLarge = (size: number): LambdaError => ({
  errorType: 'Function.ResponseSizeTooLarge',
  errorMessage: `Response payload size (${size} bytes) exceeded maximum allowed payload size (${RESPONSE_LIMIT_BYTES} bytes).`,
})

export const exitError = (requestId: string | undefined, reason: string): LambdaError => ({
  errorType: 'Runtime.ExitError',
  errorMessage: `RequestId: ${requestId ?? ''} Error: Runtime exited with error: ${reason}`,
})

export const timeoutError = (requestId: string, message: string): LambdaError => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ${requestId} Error: ${message}`,
})

/** V8 aborts when the heap is full; Lambda kills it, so both are told alike. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === 'SIGABRT' || signal === 'SIGKILL' ? 'signal: killed' : `exit status ${code ?? signal}`
}
