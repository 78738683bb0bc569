import * as z from 'zod/mini'
import { timestamp } from '../http/route.ts'

export const seller = z.object({
  user_id: z.uuid(),
  /** `not_started`, then `incomplete` as long as Stripe wants to know more, `in_review`, and in the end `active`. */
  status: z.enum(['not_started', 'incomplete', 'in_review', 'active']),
  charges_enabled: z.boolean(),
  payouts_enabled: z.boolean(),
  /** In Stripe's words. */
  requirements_due: z.array(z.string()),
  /** Under which contracts and invoices are made out. */
  legal_name: z.nullable(z.string()),
  legal_address: z.nullable(z.string()),
  country: z.nullable(z.string()),
  /** The platform's part of what they sell, in hundredths of a percent. */
  fee_bps: z.int(),
  revision: z.int(),
})
export type Seller = z.output<typeof seller>

const trimmed = (longest: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(longest))

export const updateSeller = z.strictObject({
  legal_name: z.optional(trimmed(200)),
  legal_address: z.optional(trimmed(500)),
  /** ISO 3166, two letters; fixed once the account at Stripe is there. */
  country: z.optional(z.string().check(z.regex(/^[A-Z]{2}$/))),
})
export type UpdateSeller = z.output<typeof updateSeller>

export const onboardingLink = z.object({ url: z.url(), expires_at: timestamp })
export type OnboardingLink = z.output<typeof onboardingLink>
