import * as z from 'zod/mini'
import { mfaRequired } from '../factors/schemas.ts'
import { opaqueToken, signedIn } from '../sessions/schemas.ts'
import { composed, givenPassword, longestUncomposed } from '../text.ts'
import { displayName, ownUser } from '../users/schemas.ts'
import { fitsBcrypt, longestPasswordBytes } from './password-rules.ts'
import { username } from './username.ts'

// SES takes ASCII before the @ only; what follows may be an international domain.
const atom = /[\w!#$%&'*+/=?^`{|}~-]+/u.source
const label = /(?!-)[\p{L}\p{M}\p{N}-]{1,63}(?<!-)/u.source
const emailPattern = new RegExp(`^(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+(?=..)${label}$`, 'u')
const longestEmail = 254

/** Trimmed and in lower case: one mailbox, one account. */
export const email = z
  .string()
  .check(
    z.trim(),
    z.toLowerCase(),
    ...composed(),
    z.maxLength(longestEmail, { abort: true }),
    z.regex(emailPattern, 'This is not an e-mail address'),
    z.meta({ format: 'email' }),
  )

const tooLong = {
  message: `At most ${longestPasswordBytes} bytes of UTF-8`,
  params: { code: 'password_too_long' },
}

/** Composed and decomposed letters are one password: keyboards differ in which they send. */
const password = z.string().check(
  z.refine((text) => text.length <= longestUncomposed, { ...tooLong, abort: true }),
  z.normalize(),
  z.minLength(8),
  z.refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), 'Control characters are not allowed'),
  z.refine(fitsBcrypt, tooLong),
)

export const register = z.strictObject({
  email,
  username,
  password,
  display_name: z.optional(displayName),
})

export const verificationRequired = z.object({ status: z.literal('verification_required') })

export const verifyEmail = z.strictObject({ token: opaqueToken })
export const verifiedUser = z.object({ user: ownUser })

export const resendVerification = z.strictObject({ email })

export const forgotPassword = z.strictObject({ email })
export const resetPassword = z.strictObject({ token: opaqueToken, password })
export const changePassword = z.strictObject({ current_password: givenPassword, new_password: password })

export const changeEmail = z.strictObject({ new_email: email, password: givenPassword })
export const confirmEmailChange = z.strictObject({ token: opaqueToken })

/** Whether anything comes of it is told by mail. */
export const accepted = z.object({ status: z.literal('accepted') })

export const login = z.strictObject({
  /** A username or an e-mail address. */
  identifier: z
    .string()
    .check(z.trim(), z.toLowerCase(), ...composed(), z.minLength(1), z.maxLength(longestEmail)),
  password: givenPassword,
  /** Keeps the session when the browser closes. */
  remember: z.optional(z.boolean()),
  /** Has the refresh token travel in a cookie that no script can read, and in nothing else. */
  cookie: z.optional(z.boolean()),
})

/** A session, or the way on to one where a second factor is asked for. */
export const loginAnswer = z.union([signedIn, mfaRequired])

export type Register = z.output<typeof register>
export type ResetPassword = z.output<typeof resetPassword>
export type ChangePassword = z.output<typeof changePassword>
export type ChangeEmail = z.output<typeof changeEmail>
export type Login = z.output<typeof login>
