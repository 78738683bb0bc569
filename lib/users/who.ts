import * as z from 'zod/mini'
import type { Db, Fragment } from '../db/client.ts'

/** A user's id, username or address. */
export const who = z.string().check(z.trim(), z.toLowerCase(), z.minLength(1), z.maxLength(254))

/** Of somebody named so; nobody has a name that nobody has. */
export function idOf(db: Db, who: string): Fragment {
  if (isUuid(who)) return db`${who}::uuid`
  const isNamed = who.includes('@') ? db`email = ${who}` : db`username = ${who}`
  return db`(select id from users where ${isNamed})`
}

const isUuid = (text: string) => z.uuid().safeParse(text).success
