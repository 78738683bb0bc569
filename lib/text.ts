import * as z from 'zod/mini'

// PostgreSQL refuses NUL in text and lone surrogates in jsonb; the bidirectional controls only serve to
// make one name look like another.
const notInLine = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u
const notInProse = /[[\p{Cc}\p{Cs}]--[\n\r\t]]/v

/** One line of text, trimmed. */
export const line = (max: number) =>
  z.string().check(
    z.trim(),
    z.maxLength(max),
    z.refine((text) => !notInLine.test(text), 'Control characters are not allowed'),
  )

/** Text of several lines, trimmed. */
export const prose = (max: number) =>
  z.string().check(
    z.trim(),
    z.maxLength(max),
    z.refine((text) => !notInProse.test(text), 'Control characters are not allowed'),
  )

/** A link that is safe to show: http or https, to a public name, in its normal form. */
export const webUrl = z
  .url({ protocol: /^https?$/, hostname: z.regexes.domain, normalize: true })
  .check(z.maxLength(2048))
