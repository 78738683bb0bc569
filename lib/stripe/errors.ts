/** Stripe understood and said no; asking the same again changes nothing. Holds its codes, never what it says of them. */
export class StripeRefusal extends Error {
  override name = 'StripeRefusal'
  readonly code: string
  readonly decline_code: string | undefined

  constructor(code: string, declineCode?: string) {
    super(`Stripe refused: ${code}${declineCode ? ` (${declineCode})` : ''}`)
    this.code = code
    this.decline_code = declineCode
  }
}

/**
 * Stripe failed, and says so again to whoever comes with the same key. Whether it had done the work is not known: whoever
 * takes another key looks for it first.
 */
export class SpentKeyError extends Error {
  override name = 'SpentKeyError'

  constructor() {
    super('Stripe repeats a failure of its own for this idempotency key')
  }
}
