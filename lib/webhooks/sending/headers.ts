import { Webhook } from 'standardwebhooks'
import { isOwnHeaderName, isOwnHeaderValue } from '../header-rules.ts'
import type { WebhookMessage } from '../message.ts'

type Signed = Pick<WebhookMessage, 'event_id' | 'body' | 'headers' | 'secrets'>

/** Standard Webhooks: the id is the event's, so that every attempt has the same; the time is this attempt's. */
export const toHeaders = (
  { event_id, body, headers, secrets }: Signed,
  at: Date,
): Record<string, string> => ({
  ...ownHeaders(headers),
  'content-type': 'application/json',
  'user-agent': 'Veza-Webhooks/1',
  // Nothing is unpacked here.
  'accept-encoding': 'identity',
  'webhook-id': event_id,
  'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
  'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(event_id, at, body)).join(' '),
})

/** They were looked at when they were entered; what would no longer pass stays behind rather than the webhook. */
const ownHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => isOwnHeaderName(name) && isOwnHeaderValue(value)),
  )
