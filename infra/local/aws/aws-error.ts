/** An error as AWS would answer it; each service writes it in its own wire format. */
export class AwsError extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.name = 'AwsError'
    this.code = code
    this.status = status
  }
}

export const notImplemented = (what: string) =>
  new AwsError(
    'NotImplemented',
    501,
    `The local platform does not implement ${what}; it is refused, not ignored.`,
  )
