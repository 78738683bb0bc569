import * as z from 'zod/mini'

/** In lower case: names that differ in case alone are one. */
export const username = z.string().check(
  // Before it is folded, for there are letters that only become a to z by that, such as the Kelvin sign.
  z.regex(/^[A-Za-z0-9_]{3,30}$/, 'Letters a to z, digits and underscores, 3 to 30 of them'),
  z.toLowerCase(),
)
