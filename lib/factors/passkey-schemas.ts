import * as z from 'zod/mini'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { opaqueToken } from '../sessions/schemas.ts'
import { line } from '../text.ts'

const name = line(60).check(z.minLength(1))

export const passkey = z.object({
  id: z.uuid(),
  name: z.string(),
  transports: z.array(z.string()),
  /** Copied to the user's other devices by whoever made the authenticator. */
  is_backed_up: z.boolean(),
  created_at: timestamp,
  last_used_at: z.nullable(timestamp),
})
export const passkeyPage = page(passkey)
export const listPasskeys = pageQuery
export type ListPasskeys = z.output<typeof listPasskeys>

export const passkeyParams = z.object({ passkey_id: z.uuid() })
export const renamePasskey = z.strictObject({ name })

/** The options are those of WebAuthn, in JSON, for `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON`. */
export const passkeyOptions = z.object({
  challenge_token: z.string(),
  options: z.looseObject({ challenge: z.string() }),
})

const bytes = (max: number) => z.string().check(z.maxLength(max), z.regex(/^[\w-]+$/))

/** What `toJSON()` of a browser's credential gives; it adds what we do not need. */
const credential = {
  id: bytes(1_366),
  rawId: bytes(1_366),
  type: z.literal('public-key'),
}

const registration = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes(8_192),
    attestationObject: bytes(32_768),
    transports: z.optional(z.array(z.string().check(z.regex(/^[a-z-]{1,32}$/))).check(z.maxLength(10))),
  }),
})
export type Registration = z.output<typeof registration>

const assertion = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes(8_192),
    authenticatorData: bytes(8_192),
    signature: bytes(4_096),
    userHandle: z.optional(z.nullable(z.string().check(z.maxLength(128), z.regex(/^[\w-]*$/)))),
  }),
})
export type Assertion = z.output<typeof assertion>

export const addPasskey = z.strictObject({
  challenge_token: opaqueToken,
  credential: registration,
  name: z._default(name, 'Passkey'),
})
export type AddPasskey = z.output<typeof addPasskey>

export const passkeyLoginOptions = z.strictObject({
  /** Of a sign-in that asks for a second factor; without it the passkey is all that is asked for. */
  mfa_token: z.optional(opaqueToken),
})

export const passkeyLogin = z.strictObject({
  challenge_token: opaqueToken,
  credential: assertion,
  mfa_token: z.optional(opaqueToken),
  remember: z.optional(z.boolean()),
  cookie: z.optional(z.boolean()),
})
export type PasskeyLogin = z.output<typeof passkeyLogin>
