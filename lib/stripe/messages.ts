import * as z from 'zod/mini'
import type { JobQueue } from '../aws/job-queue.ts'
import { unavailable } from '../errors.ts'

/**
 * What travels on the queue `stripe`: an event that was stored, a call that is due, an order or a payout to look at again,
 * a stretch of the balance to compare, from the transaction on that it has come to.
 */
export const stripeMessage = z.union([
  z.strictObject({ event_id: z.string() }),
  z.strictObject({ call_id: z.uuid() }),
  z.strictObject({ order_id: z.uuid() }),
  z.strictObject({ payout_id: z.uuid() }),
  z.strictObject({
    balance: z.strictObject({
      from: z.iso.datetime(),
      until: z.iso.datetime(),
      after: z.optional(z.string()),
    }),
  }),
])
export type StripeMessage = z.output<typeof stripeMessage>

/** Sends all of them, or fails: some may have been accepted then, which does no harm. */
export async function sendToStripeQueue(
  queue: Pick<JobQueue, 'send'>,
  messages: readonly StripeMessage[],
): Promise<void> {
  const accepted = await queue.send(
    messages.map((message, at) => ({ id: String(at), body: JSON.stringify(message) })),
  )
  if (accepted.length < messages.length) throw unavailable(new Error('The queue refused messages'))
}
