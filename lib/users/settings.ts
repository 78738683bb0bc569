import * as z from 'zod/mini'

/** BCP 47, in its canonical form. */
export const language = z.string().check(
  z.maxLength(35, { abort: true }),
  z.refine(isLanguage, { error: 'This is not a BCP 47 language tag', abort: true }),
  z.overwrite((tag) => Intl.getCanonicalLocales(tag)[0]!),
)

const timezone = z
  .string()
  .check(
    z.maxLength(64, { abort: true }),
    z.refine(isTimezone, 'This is not a time zone of the IANA database'),
  )

/** What users choose for themselves; notifications have preferences of their own. */
export const settings = z.object({
  /** BCP 47. */
  language,
  /** IANA. */
  timezone,
  /** A private profile shows others a name and a picture. */
  profile_visibility: z.enum(['public', 'private']),
  /** Whether others see what the user likes, and has played. */
  show_likes: z.boolean(),
  show_history: z.boolean(),
  /** Whether explicit tracks are offered. */
  allow_explicit: z.boolean(),
  /** Mails about what is new; those about the account are always sent. */
  product_mails: z.boolean(),
})

export const updateSettings = z.strictObject(z.partial(settings).shape)

export type Settings = z.output<typeof settings>
export type UpdateSettings = z.output<typeof updateSettings>

/** Of a user who has not chosen; what was chosen is all that is stored. */
export const defaultSettings: Settings = {
  language: 'en',
  timezone: 'UTC',
  profile_visibility: 'public',
  show_likes: true,
  show_history: false,
  allow_explicit: true,
  product_mails: false,
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}

/** Names only: an offset such as `+02:00` does not know of summer. */
function isTimezone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}
