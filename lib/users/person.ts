import * as z from 'zod/mini'
import type { Db, Fragment } from '../db/client.ts'

/** A user where they are only named. */
export const person = z.object({ id: z.uuid(), username: z.string(), display_name: z.string() })

/** That of a row of `users`, by its name in the statement. */
export const personOf = (db: Db, user: string): Fragment => db`json_build_object(
  'id', ${db(user)}.id, 'username', ${db(user)}.username, 'display_name', ${db(user)}.display_name
)`
