export interface ErrorBody {
  readonly type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  readonly message: string
  readonly code?: string
  readonly decline_code?: string
  readonly param?: string
  readonly doc_url?: string
  readonly [more: string]: unknown
}

/** What Stripe answers instead of an object. */
export class StripeProblem extends Error {
  readonly status: number
  readonly body: ErrorBody

  constructor(status: number, body: ErrorBody) {
    super(body.message)
    this.status = status
    this.body = body.code
      ? { ...body, doc_url: `https://stripe.com/docs/error-codes/${body.code.replaceAll('_', '-')}` }
      : body
  }
}

type Details = Omit<ErrorBody, 'type' | 'message'>

export const badRequest = (message: string, details: Details = {}) =>
  new StripeProblem(400, { type: 'invalid_request_error', message, ...details })

export const missing = (what: string, id: string, param = 'id') =>
  new StripeProblem(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${what}: '${id}'`,
    param,
  })

/** Named in another call's parameters, which is that call's fault. */
export const noSuch = (what: string, id: string, param: string) =>
  badRequest(`No such ${what}: '${id}'`, { code: 'resource_missing', param })
