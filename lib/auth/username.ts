import * as z from 'zod/mini'

/** In lower case: names that differ in case alone are one. */
export const username = z
  .string()
  .check(
    z.toLowerCase(),
    z.regex(/^[a-z0-9_]{3,30}$/, 'Letters a to z, digits and underscores, 3 to 30 of them'),
  )
