import * as z from 'zod/mini'

/** What the owner of an endpoint is told of it: of its failures, or of one delivery that was given up. */
export const webhookTrouble = z.object({
  endpoint_id: z.uuid(),
  trouble: z.enum(['failing', 'still_failing', 'disabled', 'gone', 'exhausted']),
  /** That failed last. */
  delivery_id: z.nullable(z.uuid()),
})
export type WebhookTrouble = z.output<typeof webhookTrouble>
export type Trouble = WebhookTrouble['trouble']

/** The same as a letter; that a single delivery was given up is not one. */
export const webhookNotice = z.object({
  endpoint_id: z.uuid(),
  user_id: z.uuid(),
  trouble: z.enum(['failing', 'still_failing', 'disabled', 'gone']),
})
export type WebhookNotice = z.output<typeof webhookNotice>
