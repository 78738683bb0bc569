import * as z from 'zod/mini'
import { mailFeedback } from './mail-feedback/events.ts'
import { happening } from './notifications/kinds.ts'
import { contentEvents } from './public-events/sources.ts'
import { tradeEvents } from './trade-news/events.ts'
import { tradeMail } from './trade-news/notices.ts'
import { webhookNotice, webhookTrouble } from './webhooks/deliveries/trouble.ts'

/**
 * Everything the outbox can carry, by type. Payloads hold ids, never secrets: whoever handles an event
 * reads the present state, so that order of arrival does not matter.
 */
export const events = {
  /** Send the link that verifies the user's address. */
  'mail.verify_email': z.object({ user_id: z.uuid() }),
  /** Tell the owner of an address that somebody tried to register it again. */
  'mail.account_exists': z.object({ user_id: z.uuid() }),
  /** Send the link that resets the user's password. */
  'mail.reset_password': z.object({ user_id: z.uuid() }),
  /** Ask the present and the new address of a user to agree to the change. */
  'mail.email_change': z.object({ user_id: z.uuid(), notice_id: z.uuid() }),
  /** Tell a user of something that happened to their account. */
  'mail.security_notice': z.object({ notice_id: z.uuid() }),
  /** Tell a user that their account is suspended, and why. */
  'mail.account_suspended': z.object({ user_id: z.uuid() }),
  /** Tell a user that the file with their data can be fetched. */
  'mail.export_ready': z.object({ user_id: z.uuid(), export_id: z.uuid() }),
  /** Tell a user that something was found in a version of a track of theirs. */
  'mail.version_withdrawn': z.object({ user_id: z.uuid(), version_id: z.uuid() }),
  /** Tell a buyer that something was found in a file that they have a licence of. */
  'mail.licensed_file_withdrawn': z.object({ user_id: z.uuid(), version_id: z.uuid() }),
  /** Write to somebody about what came to pass in the marketplace. */
  'mail.trade': tradeMail,
  /** Write to somebody at once of what they are told of in the application. */
  'mail.notification': z.object({ notification_id: z.uuid(), event_id: z.uuid() }),
  /** Write to somebody of what has gathered. */
  'mail.digest': z.object({ user_id: z.uuid(), notification_ids: z.array(z.uuid()) }),
  /** Heed what became of a mail; SES tells it. */
  'mail.feedback': mailFeedback,
  /** Gather all that is a user's into one file. */
  'account.export': z.object({ export_id: z.uuid() }),
  /** Tell somebody in the application of what somebody else did. */
  'notification.add': happening,
  /** Have moderators look at a version whose file somebody else has too. */
  'moderation.same_file': z.object({ version_id: z.uuid() }),
  /** Send the message of an upload's present step once more. */
  'upload.redeliver': z.object({ upload_id: z.uuid() }),
  /** Ask the stream server to make HLS of a version. */
  'stream.prepare': z.object({ track_id: z.uuid(), version_id: z.uuid(), job_id: z.uuid() }),
  /** Listen to a version, or make a preview of it anew. */
  'track.analyse': z.object({ version_id: z.uuid() }),
  /** Make the MP3 of a version that a licence promises. */
  'track.make_mp3': z.object({ version_id: z.uuid() }),
  /** Do at Stripe what was written down to be done. */
  'stripe.call': z.object({ call_id: z.uuid() }),
  /** Tell the owner of a webhook endpoint that it fails, was disabled, or that a delivery to it was given up. */
  'webhook.trouble': webhookTrouble,
  /** Write to them about it. */
  'mail.webhook_notice': webhookNotice,
  ...tradeEvents,
  ...contentEvents,
} as const

export type EventType = keyof typeof events
export type EventPayload<T extends EventType> = z.output<(typeof events)[T]>

/** What travels on the events queue; `id` is the key consumers dedupe by. */
export const eventMessage = z.object({
  /** Of any version: those of EventBridge have none. */
  id: z.guid(),
  type: z.enum(Object.keys(events) as [EventType, ...EventType[]]),
  payload: z.unknown(),
  request_id: z.nullable(z.string()),
  created_at: z.iso.datetime(),
})
export type EventMessage = z.output<typeof eventMessage>
