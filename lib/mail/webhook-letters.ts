import type { WebhookNotice } from '../webhooks/deliveries/trouble.ts'
import { compose, type Mail, toMinute } from './letter.ts'
import { always, byChoice, type Fact } from './trade-parts.ts'

type LetterTrouble = WebhookNotice['trouble']

export interface WebhookFacts {
  readonly id: string
  readonly url: string
  readonly description: string
  readonly first_failure_at: Date | null
  readonly last_failure_at: Date | null
  readonly failures_in_row: number
  readonly disabled_at: Date | null
  /** What the last attempt came to. */
  readonly event_type: string | null
  readonly status_code: number | null
  readonly error: string | null
}

interface Reader {
  readonly username: string
  readonly appUrl: string
}

const texts: Readonly<Record<LetterTrouble, { subject: string; paragraphs: string[]; closing: string }>> = {
  failing: {
    subject: 'Your webhook endpoint has failed for a day',
    paragraphs: [
      'Nothing that we sent to it has succeeded since. What fails is tried again for about three days.',
      'If it goes on like this, the endpoint is disabled after five days.',
    ],
    closing: byChoice,
  },
  still_failing: {
    subject: 'Your webhook endpoint has failed for three days',
    paragraphs: [
      'Nothing that we sent to it has succeeded since, and the first events are no longer tried again.',
      'In two days the endpoint is disabled.',
    ],
    closing: byChoice,
  },
  disabled: {
    subject: 'Your webhook endpoint was disabled',
    paragraphs: [
      'Nothing that we sent to it has succeeded for five days, so nothing more is sent to it.',
      'Once it answers again, enable it and have what it missed sent again. Events are kept for 30 days.',
    ],
    closing: always,
  },
  gone: {
    subject: 'Your webhook endpoint was disabled',
    paragraphs: [
      'It answered 410 Gone, which says that it takes no webhooks any more, so nothing more is sent to it.',
      'If that was a mistake, enable it and have what it missed sent again. Events are kept for 30 days.',
    ],
    closing: always,
  },
}

export const webhookLetter = (
  { username, appUrl }: Reader,
  trouble: LetterTrouble,
  endpoint: WebhookFacts,
): Mail =>
  compose({
    ...texts[trouble],
    username,
    facts: factsOf(endpoint),
    action: { label: 'Open the endpoint', url: `${appUrl}/webhooks/${endpoint.id}` },
  })

const factsOf = (endpoint: WebhookFacts): Fact[] => [
  ['Endpoint', endpoint.url],
  ...(endpoint.description === '' ? [] : [['Description', endpoint.description] as const]),
  ...(endpoint.first_failure_at ? [['Failing since', toMinute(endpoint.first_failure_at)] as const] : []),
  ...(endpoint.failures_in_row > 0 ? [['Failures', String(endpoint.failures_in_row)] as const] : []),
  ...(endpoint.event_type === null ? [] : [['Last tried', endpoint.event_type] as const]),
  ...lastAnswer(endpoint),
]

function lastAnswer({ status_code, error }: WebhookFacts): Fact[] {
  if (status_code !== null) return [['Last answer', `HTTP ${status_code}`]]
  return error === null ? [] : [['Last answer', `none (${error})`]]
}
