import * as z from 'zod/mini'
import type { FieldCipher } from '../auth/field-cipher.ts'

/** One attempt, with all that the sender needs: it has nothing else to look anything up in. */
const webhookMessage = z.object({
  delivery_id: z.uuid(),
  /** Counts the attempts of the delivery, from 1. */
  attempt: z.int(),
  event_id: z.string(),
  url: z.string(),
  /** What is signed and sent, to the byte. */
  body: z.string(),
  /** The receiver's own. */
  headers: z.record(z.string(), z.string()),
  /** `whsec_…`, the present one first; each signs. */
  secrets: z.array(z.string()).check(z.minLength(1)),
  /** When it has not been sent until then, somebody else may. */
  not_after: z.iso.datetime(),
})
export type WebhookMessage = z.output<typeof webhookMessage>

const sealedMessage = z.object({ sealed: z.string() })

/** The body of the queue's message. It carries secrets, so only the sender can read it. */
export async function sealMessage(cipher: Pick<FieldCipher, 'seal'>, message: WebhookMessage) {
  return JSON.stringify({ sealed: await cipher.seal(JSON.stringify(message)) })
}

export async function openMessage(cipher: Pick<FieldCipher, 'open'>, body: unknown): Promise<WebhookMessage> {
  const { sealed } = sealedMessage.parse(body)
  return webhookMessage.parse(JSON.parse(await cipher.open(sealed)))
}
