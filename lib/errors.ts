/** Every failure a client can see: its stable code, HTTP status and title. */
export const problems = {
  invalid_request: [400, 'The request cannot be read'],
  idempotency_key_required: [400, 'An Idempotency-Key is required here'],
  invalid_token: [400, 'The link is not valid or was used already'],
  unauthenticated: [401, 'Sign in first'],
  token_expired: [401, 'The access token has expired'],
  token_revoked: [401, 'The session has ended'],
  invalid_credentials: [401, 'The name or the password is not right'],
  refresh_token_not_found: [401, 'The refresh token is not known'],
  refresh_token_already_used: [401, 'The refresh token was used already'],
  session_expired: [401, 'The session has expired'],
  invalid_code: [401, 'The code is not right'],
  step_up_required: [401, 'Prove again who you are'],
  forbidden: [403, 'This is not allowed'],
  not_on_split_sheet: [403, 'You have no share in this split sheet'],
  email_not_verified: [403, 'The e-mail address is not verified yet'],
  account_suspended: [403, 'The account is suspended'],
  download_limit_reached: [403, 'The downloads of this licence are used up'],
  license_revoked: [403, 'The licence was revoked'],
  license_frozen: [403, 'The licence is frozen while its payment is in dispute'],
  chat_muted: [403, 'You are kept out of the chat'],
  password_reset_required: [403, 'The password must be reset first'],
  csrf_failed: [403, 'The CSRF token is missing or wrong'],
  not_found: [404, 'There is no such thing here'],
  method_not_allowed: [405, 'The method is not allowed here'],
  conflict: [409, 'The request does not fit the present state'],
  username_taken: [409, 'The username is taken'],
  username_recently_changed: [409, 'The username was changed not long ago'],
  own_account: [409, 'This cannot be done to oneself'],
  two_factor_enabled: [409, 'The second factor is on already'],
  two_factor_not_enabled: [409, 'The second factor is not on'],
  too_many_passkeys: [409, 'There are as many passkeys as there may be'],
  export_in_progress: [409, 'An export is being made'],
  version_withdrawn: [409, 'Something harmful was found in this version'],
  track_not_ready: [409, 'The track is not ready to play'],
  waveform_not_ready: [409, 'The waveform is not ready'],
  preview_not_ready: [409, 'The preview is not ready'],
  upload_in_progress: [409, 'An upload of this track is under way'],
  upload_over: [409, 'The upload is over'],
  upload_not_retryable: [409, 'Another try would end the same way'],
  upload_incomplete: [409, 'Parts of the upload are missing'],
  upload_part_changed: [409, 'A part is not the one that was named'],
  duplicate_file: [409, 'This file is in the library already'],
  quota_exceeded: [409, 'A quota is used up'],
  too_many_collaborators: [409, 'There are as many collaborators as there may be'],
  split_proposal_changed: [409, 'This split sheet is not the one proposed'],
  idempotency_in_progress: [409, 'The first call with this key is still running'],
  too_many_invite_links: [409, 'There are as many invite links as there may be'],
  playlist_full: [409, 'The playlist holds as many items as it may'],
  playlist_item_gone: [409, 'The item to go behind is not in the playlist any more'],
  edit_window_over: [409, 'It can no longer be edited'],
  onboarding_required: [409, 'What has a price is sold once Stripe lets the seller take payments'],
  product_unavailable: [409, 'This is not for sale'],
  own_product: [409, 'Nobody buys from themselves'],
  already_owned: [409, 'The buyer has this licence already'],
  duplicate_purchase: [409, 'The same was ordered not long ago'],
  exclusive_unavailable: [409, 'The exclusive licence is sold or about to be'],
  files_not_ready: [409, 'The files are still being made'],
  price_changed: [409, 'The price is not the one that was seen'],
  offer_not_payable: [409, 'The offer cannot be ordered for'],
  currency_mismatch: [409, 'An order has one currency'],
  discount_unavailable: [409, 'The discount does not apply'],
  discount_code_taken: [409, 'There is such a code already'],
  order_not_open: [409, 'The order is not waiting for its payment'],
  order_not_refundable: [409, 'The order cannot be refunded'],
  refund_too_large: [409, 'More than is left of what was paid'],
  payout_too_small: [409, 'Less is available than is paid out'],
  payout_in_progress: [409, 'A payout is under way'],
  endpoint_disabled: [409, 'The endpoint is disabled'],
  recovery_in_progress: [409, 'A recovery of this endpoint is under way'],
  precondition_failed: [412, 'The resource has changed since it was read'],
  payload_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The media type is not supported'],
  validation_failed: [422, 'The request is not valid'],
  idempotency_mismatch: [422, 'The key was used for another request'],
  precondition_required: [428, 'If-Match is required here'],
  rate_limited: [429, 'Too many requests'],
  too_many_attempts: [429, 'Too many attempts'],
  internal: [500, 'Something went wrong'],
  unavailable: [503, 'The service is not available right now'],
} as const satisfies Record<string, readonly [status: number, title: string]>

export type ProblemCode = keyof typeof problems

/** One invalid member of a request; `pointer` is an RFC 6901 fragment such as `#/body/title`. */
export interface FieldError {
  readonly pointer: string
  readonly code: string
  readonly detail: string
}

type Extension = string | number | boolean | readonly (string | number)[]

export interface AppErrorOptions extends ErrorOptions {
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
  /** Members of the problem document beyond those that each has (RFC 9457, 3.2). */
  readonly extensions?: Readonly<Record<string, Extension>>
}

/** A failure that is safe to show to the caller. Anything else becomes `internal`. */
export class AppError extends Error {
  override name = 'AppError'
  readonly code: ProblemCode
  readonly detail: string | undefined
  readonly options: AppErrorOptions

  constructor(code: ProblemCode, detail?: string, options: AppErrorOptions = {}) {
    super(detail ?? problems[code][1], options)
    this.code = code
    this.detail = detail
    this.options = options
  }
}

/** What we stand on does not answer; the caller may come again. */
export const unavailable = (cause: unknown): AppError =>
  new AppError('unavailable', undefined, { cause, headers: { 'retry-after': '1' } })

/** For what stays shut without whatever failed: a refusal stays one, anything else is `unavailable`. */
export const asUnavailable = (error: unknown): AppError =>
  error instanceof AppError ? error : unavailable(error)

/** The seconds are exact: who comes back then is heard. */
export const tooManyAttempts = (retryAfterSeconds: number): AppError =>
  new AppError('too_many_attempts', undefined, { headers: { 'retry-after': String(retryAfterSeconds) } })
