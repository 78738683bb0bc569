import * as z from 'zod/mini'
import type { LoadStripeSecret } from './secret.ts'

/** As old as a signature may be. */
const toleranceSeconds = 300

/** How old the secret may be when nothing that is known of it fits. */
const unknownSecretMaxAgeMs = 30_000

/** All that we keep of an event: what became of its object we ask Stripe itself. */
const event = z.object({
  id: z.string().check(z.startsWith('evt_'), z.maxLength(255)),
  type: z.string().check(z.maxLength(255)),
  created: z.int(),
  account: z.optional(z.nullable(z.string())),
  data: z.object({ object: z.object({ id: z.optional(z.string()) }) }),
})
export type SignedEvent = z.output<typeof event>

export type CheckSignature = (rawBody: Buffer, header: string | undefined) => Promise<SignedEvent | undefined>

export interface SignatureDependencies {
  readonly loadStripeSecret: LoadStripeSecret
  readonly now?: () => Date
}

/** The event that Stripe has signed; nothing where the signature, or what is signed, is not Stripe's. */
export function createSignatureCheck({
  loadStripeSecret,
  now = () => new Date(),
}: SignatureDependencies): CheckSignature {
  return async (rawBody, header) => {
    if (header === undefined || rawBody.length === 0) return undefined
    const check = (secrets: readonly string[]) => readSigned(rawBody, header, secrets, now())
    const { webhook_secrets: known } = await loadStripeSecret()
    const signed = await check(known)
    if (signed) return signed
    // A change of the secret may have come since it was read.
    const { webhook_secrets: latest } = await loadStripeSecret(unknownSecretMaxAgeMs)
    const unseen = latest.filter((secret) => !known.includes(secret))
    return unseen.length > 0 ? check(unseen) : undefined
  }
}

/** The package's errors hold the payload, so they end here. */
async function readSigned(rawBody: Buffer, header: string, secrets: readonly string[], now: Date) {
  const { Stripe } = await import('stripe')
  for (const secret of secrets) {
    try {
      const signed = await Stripe.webhooks.constructEventAsync(
        rawBody,
        header,
        secret,
        toleranceSeconds,
        undefined,
        now.getTime(),
      )
      return event.safeParse(signed).data
    } catch {
      // Not with this one.
    }
  }
  return undefined
}
