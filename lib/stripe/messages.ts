import * as z from 'zod/mini'
import type { JobQueue } from '../aws/job-queue.ts'
import { unavailable } from '../errors.ts'

/** What travels on the queue `stripe`: an event that was stored, a call that is due, an order to look at again. */
export const stripeMessage = z.union([
  z.strictObject({ event_id: z.string() }),
  z.strictObject({ call_id: z.uuid() }),
  z.strictObject({ order_id: z.uuid() }),
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
