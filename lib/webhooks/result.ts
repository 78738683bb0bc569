import * as z from 'zod/mini'

/** Why an attempt failed. None of them tells what a name resolved to. */
const attemptError = z.enum([
  /** No whole answer in time. */
  'timeout',
  /** Nobody listens, or the connection broke before there was an answer. */
  'connect_failed',
  'tls_failed',
  /** The name has no address. */
  'dns_failed',
  /** The URL or an address that its name has is not one that webhooks are sent to. */
  'address_not_allowed',
  /** A 3xx; it is not followed. */
  'redirected',
  'response_too_large',
  /** Any other answer than 2xx. */
  'status',
  /** Not HTTP, or broken off in the middle. */
  'invalid_response',
])
export type AttemptError = z.output<typeof attemptError>

/** What came of one attempt. It was a success if there is no error. */
export const webhookResult = z.object({
  delivery_id: z.uuid(),
  attempt: z.int(),
  /** When it began. */
  at: z.iso.datetime(),
  duration_ms: z.int(),
  /** Null where there was no answer. */
  status_code: z.nullable(z.int()),
  error: z.nullable(attemptError),
  /** As the receiver wants it, however long that is. */
  retry_after_seconds: z.nullable(z.number()),
  /** The first 16 KiB, as text. */
  response_body: z.nullable(z.string()),
})
export type WebhookResult = z.output<typeof webhookResult>

export const longestResponseBytes = 16 * 1024
