import * as z from 'zod/mini'

// PostgreSQL refuses NUL in text and lone surrogates in jsonb; the bidirectional controls only serve to
// make one text look like another, and right-to-left scripts need none of them.
const bidirectional = '\\u202a-\\u202e\\u2066-\\u2069'
const notInLine = new RegExp(`[\\p{Cc}\\p{Cs}${bidirectional}]`, 'u')
const notInProse = new RegExp(`[[\\p{Cc}\\p{Cs}${bidirectional}]--[\\n\\r\\t]]`, 'v')

/**
 * More marks on one letter than any script puts there: pointed Hebrew with its accents takes five, a stacked
 * Tibetan syllable eight. What joins letters and shows nothing does not begin another one.
 */
const tooManyMarks = /(?:\p{M}\p{Cf}*){11}/u

const showsNothing = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{M}\u2800]*$/u

/** Counts code points, as PostgreSQL and JSON Schema do, where a string's own length counts UTF-16 units. */
function maxCharacters(max: number) {
  const most = z.maxLength(max) as z.core.$ZodCheck<string>
  const { check } = most._zod
  most._zod.check = (payload) => ([...payload.value].length > max ? check(payload) : undefined)
  return most
}

const plain = (max: number, forbidden: RegExp) =>
  z.string().check(
    z.trim(),
    // Before they are sorted, see `composed`.
    z.refine((text) => !tooManyMarks.test(text), {
      message: 'There are more marks on one letter than any script needs',
      params: { code: 'too_many_marks' },
      abort: true,
    }),
    z.normalize('NFC'),
    maxCharacters(max),
    z.refine((text) => !forbidden.test(text), 'Control characters are not allowed'),
  )

/** One line of text, trimmed. */
export const line = (max: number) => plain(max, notInLine)

/** Text of several lines, trimmed. */
export const prose = (max: number) => plain(max, notInProse)

/** Text of several lines that says something: more than spaces and characters that show nothing. */
export const statement = (max: number) =>
  prose(max).check(
    z.minLength(1),
    z.refine((text) => text === '' || !showsNothing.test(text), {
      message: 'There is nothing to see in it',
      params: { code: 'shows_nothing' },
    }),
  )

export const longestUncomposed = 1_024

/**
 * Letters and their marks as one (Unicode NFC). Sorting marks takes a time that grows with the square of their number:
 * half a MiB of them keeps a processor busy for 24 s, so what is far longer than anything asked for is refused before.
 */
export const composed = () => [z.maxLength(longestUncomposed, { abort: true }), z.normalize()] as const

/** A password as it is given to be compared, so that whatever it is costs the same and tells nothing. */
export const givenPassword = z.string().check(...composed(), z.minLength(1))

/** A link that is safe to show: http or https, to a public name, in its normal form. */
export const webUrl = z
  .url({ protocol: /^https?$/, hostname: z.regexes.domain, normalize: true })
  .check(z.maxLength(2048))
