import { type ProblemCode, problems } from '../errors.ts'

/** What whoever meets a problem can do about it. */
const advice: Record<ProblemCode, string> = {
  invalid_request:
    'Send well-formed JSON in UTF-8, and a cursor only to the list, with the filters, that gave it.',
  idempotency_key_required:
    'Send an `Idempotency-Key` that is new for each order, and the same when you repeat it.',
  invalid_token: 'Ask for a new link; each works once and for a limited time.',
  unauthenticated: 'Send `Authorization: Bearer <access_token>` with a token of a login.',
  token_expired: 'Get a new access token with the refresh token, then repeat the request.',
  token_revoked: 'Log in again: the session was ended, or the account has changed since the token was made.',
  invalid_credentials: 'Check the name and the password, or reset the password.',
  refresh_token_not_found: 'Log in again.',
  refresh_token_already_used: 'Log in again; the session was ended, for somebody else may hold its token.',
  session_expired: 'Log in again.',
  invalid_code:
    'Enter the code that the app shows now; each works once. After five tries, or five minutes, log in again: `is_over` says so.',
  step_up_required: 'Call `POST /api/v1/auth/step-up`, then repeat the request with the token it gives.',
  forbidden: 'Ask whoever owns the resource, or use an account that may do this.',
  not_on_split_sheet:
    'Leave it to those who stand on the sheet; the owner of the track may propose one with you on it.',
  email_not_verified: 'Open the link in the mail that was sent, or ask for another one.',
  account_suspended: 'Write to support.',
  chat_muted: 'Wait until the time of `until`, or write to support where there is none; `detail` says why.',
  password_reset_required:
    'Ask for a link with `POST /api/v1/auth/password/forgot` and choose a new password.',
  csrf_failed: 'Send what `GET /api/v1/auth/csrf-token` answers as `X-CSRF-Token`, together with its cookie.',
  not_found: 'Check the address; it may also name something that you may not see.',
  method_not_allowed: 'Use one of the methods of the `Allow` header.',
  conflict: 'Read the resource again and decide from its present state; `detail` says what is in the way.',
  username_taken: 'Choose another username.',
  username_recently_changed: 'Wait until the time that `detail` names.',
  own_account: 'Name somebody else: nobody follows, blocks, mutes or reports themselves.',
  two_factor_enabled: 'Turn the second factor off before it is set up anew.',
  two_factor_not_enabled: 'Set the second factor up and enable it first.',
  too_many_passkeys: 'Remove a passkey that is not used any more.',
  export_in_progress: 'Wait for the export that is being made.',
  version_withdrawn: 'Choose another version, or upload a file that was made anew.',
  track_not_ready: 'Wait until the status of the track is `ready`.',
  waveform_not_ready: 'Ask again once `waveform_url` of the track is there; some files never get one.',
  preview_not_ready: 'Ask again in a minute; it is made beside the stream, and anew after each change of it.',
  upload_in_progress:
    'Go on with the upload that `upload_id` names, or abort it; `GET` tells which of its parts are there.',
  upload_over: 'Read the upload to see what became of it; ask for a new one if the file is still to come.',
  upload_not_retryable:
    'Read `status_reason`; send the file anew once it is put right, or follow the upload if it goes on.',
  upload_incomplete: 'Send the parts that `missing_parts` names, then complete the upload.',
  upload_part_changed:
    'Read the upload: its `parts_uploaded` tells the entity tags of the parts that are there now.',
  duplicate_file:
    'Use the track that `track_ids` names, or send `allow_duplicate` if the file is meant to be there twice.',
  quota_exceeded:
    'Compare `used` and `limit` of the named `quota`; finish or abort uploads, delete what is not needed, or wait.',
  too_many_collaborators: 'Remove a collaborator, or an invitation that nobody answered.',
  split_proposal_changed: 'Read the split sheets again and accept the one that is proposed now.',
  idempotency_in_progress: 'Repeat the request with the same key after the time that `Retry-After` names.',
  too_many_invite_links: 'Revoke an invite link that is not needed any more.',
  playlist_full: 'Remove items first, or go on in another playlist.',
  playlist_item_gone: 'Read the items again and put it behind one of them, to the front or to the end.',
  edit_window_over: 'Delete it, or answer it: what is older than 24 hours stays as it was read.',
  onboarding_required:
    'Finish the onboarding at Stripe (`POST /marketplace/seller/onboarding`); until then only what is free can be published, and ordered for nothing.',
  product_unavailable: 'It was taken back, sold exclusively, or is not published. Read the product again.',
  own_product: 'Sellers cannot order from themselves.',
  already_owned:
    'The buyer holds an active licence of this tier. To buy another one, send the `confirm_token` of this answer along.',
  duplicate_purchase:
    'The same tier was ordered within the last two hours. If that is meant, send the `confirm_token` of this answer along.',
  exclusive_unavailable:
    'Somebody else has bought or is paying for the exclusive licence. A reservation lapses after 30 minutes.',
  price_changed: 'Read the product again and show the buyer its present price.',
  offer_not_payable:
    'Read the offer: only its buyer orders for it, once it is accepted, until payable_until and once. Make another one otherwise.',
  currency_mismatch: 'Order what is priced in another currency by itself.',
  discount_unavailable: 'The code is unknown, used up, over, or does not apply to these items.',
  discount_code_taken: 'Choose another code, or change the discount that has it.',
  order_not_open: 'Read the order: it was paid, cancelled or has expired.',
  order_not_refundable: 'Read the order: it was not paid, its refund window is over, or it is in dispute.',
  refund_too_large: 'Ask for at most what is left of the order, or of the item.',
  payout_too_small:
    'Wait until as much is available as the smallest payout; `GET /marketplace/balance` tells.',
  payout_in_progress: 'Wait for the payout that is under way.',
  download_limit_reached: 'The seller can allow more downloads of the licence.',
  license_revoked: 'Its payment was given back; it gives no rights any more.',
  license_frozen:
    'The bank is looking at its payment; the licence comes back when that is decided for the seller.',
  files_not_ready: 'Ask again after the seconds of `Retry-After`; nothing was counted.',
  endpoint_disabled: 'Enable the endpoint first: set its `status` to `enabled`.',
  recovery_in_progress: 'Wait until `recovery.status` of the endpoint is `done`.',
  precondition_failed: 'Read the resource again and send its new `ETag` in `If-Match`.',
  payload_too_large:
    'Send at most 1 MiB; audio and pictures go to their upload address, and hold as many bytes as was declared.',
  unsupported_media_type: 'Send the body as `application/json`.',
  validation_failed: 'Correct each member that `errors` names by its pointer.',
  idempotency_mismatch: 'Make a new key for a new request; a repetition has the same path, query and body.',
  precondition_required: 'Send the `ETag` of the resource in `If-Match`.',
  rate_limited: 'Wait as long as `Retry-After` says.',
  too_many_attempts: 'Wait as long as `Retry-After` says, or reset the password.',
  internal: 'Try again later; if it stays so, report the `request_id`.',
  unavailable: 'Try again after the time that `Retry-After` names.',
}

export function explain(code: ProblemCode) {
  const [status, title] = problems[code]
  return { code, status, title, advice: advice[code] }
}
