import type { FieldCipher } from '../../auth/field-cipher.ts'
import type { JobQueue } from '../../aws/job-queue.ts'
import { logger } from '../../logger.ts'
import { openMessage, type WebhookMessage } from '../message.ts'
import type { WebhookResult } from '../result.ts'
import type { Post } from './attempt.ts'
import { toHeaders } from './headers.ts'

export interface SenderDependencies {
  readonly cipher: Pick<FieldCipher, 'open'>
  readonly post: Post
  readonly results: Pick<JobQueue, 'send'>
  readonly now?: () => Date
}

/**
 * Sends the webhook of a message, and its result as soon as it is there. It rejects when the message is to come again:
 * then the webhook was sent, and nobody knows. The receiver gets it twice, with one id.
 */
export function createSender({ cipher, post, results, now = () => new Date() }: SenderDependencies) {
  return async (body: unknown): Promise<void> => {
    const message = await openMessage(cipher, body)
    const { delivery_id, attempt } = message
    const at = now()
    if (at > new Date(message.not_after)) {
      // Whoever made the message takes it for lost by now, and makes another.
      logger.warn('A webhook came too late to be sent', { delivery_id, attempt })
      return
    }
    await report(results, await attemptTo(post, message, at))
  }
}

async function attemptTo(post: Post, message: WebhookMessage, at: Date): Promise<WebhookResult> {
  const { delivery_id, attempt, url, body } = message
  const began = performance.now()
  const answer = await post({ url, body, headers: toHeaders(message, at) })
  const duration_ms = Math.round(performance.now() - began)
  const { status_code, error } = answer
  logger.debug('A webhook was sent', { delivery_id, attempt, status_code, reason: error, duration_ms })
  return { delivery_id, attempt, at: at.toISOString(), duration_ms, ...answer }
}

async function report(results: SenderDependencies['results'], result: WebhookResult) {
  const accepted = await results.send([{ id: result.delivery_id, body: JSON.stringify(result) }])
  if (accepted.length === 0) throw new Error('The queue of results has not taken one')
}
