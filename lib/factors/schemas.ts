import * as z from 'zod/mini'
import { opaqueToken } from '../sessions/schemas.ts'
import { givenPassword } from '../text.ts'

const shortText = z.string().check(z.trim(), z.minLength(1), z.maxLength(64))

export const twoFactorStatus = z.object({
  totp_enabled: z.boolean(),
  recovery_codes_left: z.int(),
  passkeys: z.int(),
})

export const twoFactorSetup = z.object({
  /** Base32, for whoever types it in. */
  secret: z.string(),
  otpauth_uri: z.string(),
  qr_svg: z.string(),
})

export const twoFactorCode = z.strictObject({ code: shortText })
export const recoveryCodes = z.object({ recovery_codes: z.array(z.string()) })

export const disableTwoFactor = z.strictObject({
  password: givenPassword,
  /** Of the app, or a recovery code. */
  code: shortText,
})

/** What a sign-in answers with while the second factor is missing. */
export const mfaRequired = z.object({
  mfa_required: z.literal(true),
  mfa_token: z.string(),
  methods: z.array(z.enum(['totp', 'recovery_code', 'passkey'])),
  /** Seconds. */
  expires_in: z.int(),
})
export type MfaRequired = z.output<typeof mfaRequired>

export const answerChallenge = z
  .strictObject({
    mfa_token: opaqueToken,
    code: z.optional(shortText),
    recovery_code: z.optional(shortText),
    /** Not to be asked for again on this device for 30 days; as at the login where it is left out. */
    remember: z.optional(z.boolean()),
  })
  .check(
    z.refine(
      ({ code, recovery_code }) => (code === undefined) !== (recovery_code === undefined),
      'Either a code or a recovery code',
    ),
  )
export type AnswerChallenge = z.output<typeof answerChallenge>
