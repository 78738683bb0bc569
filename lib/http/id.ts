import * as z from 'zod/mini'

/** As the database spells it, so that ids can be compared. */
export const id = z.uuid().check(z.toLowerCase())
