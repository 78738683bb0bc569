import type { JobQueue } from '../aws/job-queue.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { keepEvent } from './events-repository.ts'
import { sendToStripeQueue } from './messages.ts'
import type { CheckSignature } from './signature.ts'

export interface IntakeDependencies {
  readonly sql: Sql
  readonly stripeQueue: Pick<JobQueue, 'send'>
  readonly checkSignature: CheckSignature
  readonly now?: () => Date
}

export type Intake = ReturnType<typeof createIntake>

/** Takes what Stripe tells: keeps it once and has the worker look. Where either fails, Stripe sends it again. */
export function createIntake({
  sql,
  stripeQueue,
  checkSignature,
  now = () => new Date(),
}: IntakeDependencies) {
  return async (rawBody: Buffer, signature: string | undefined): Promise<void> => {
    const event = await checkSignature(rawBody, signature)
    if (!event) throw new AppError('invalid_request')
    const isWaiting = await keepEvent(
      sql,
      {
        id: event.id,
        type: event.type,
        object_id: event.data.object.id ?? '',
        account_id: event.account ?? null,
        created_at: new Date(event.created * 1_000),
      },
      now(),
    )
    if (isWaiting) await sendToStripeQueue(stripeQueue, [{ event_id: event.id }])
  }
}
