import { randomBytes } from 'node:crypto'
import type { Sql } from '../../db/client.ts'
import { dayMs, dayOf, earlier } from '../../time.ts'

export interface SaltDependencies {
  readonly sql: Sql
}

/** From the beginning of its day on. What was hashed with it can be told of nobody any more then. */
const saltLivesMs = 2 * dayMs

const saltBytes = 32

export type ReadSalt = (at: Date) => Promise<Buffer>

/** The salt of a day, UTC: the first who needs it makes it, everybody uses the same, and it is asked for once a day. */
export function createSalts({ sql }: SaltDependencies): ReadSalt {
  let known: { readonly day: string; readonly salt: Promise<Buffer> } | undefined

  return (at) => {
    const day = dayOf(at)
    if (known?.day === day) return known.salt
    const salt = readSalt(sql, day, at)
    const reading = { day, salt }
    known = reading
    salt.catch(() => {
      if (known === reading) known = undefined
    })
    return salt
  }
}

async function readSalt(sql: Sql, day: string, now: Date): Promise<Buffer> {
  await sql`
    insert into analytics_salts (day, salt, created_at) values (${day}, ${randomBytes(saltBytes)}, ${now})
    on conflict do nothing
  `
  const [row] = await sql<[{ salt: Buffer }]>`select salt from analytics_salts where day = ${day}`
  return row.salt
}

export async function deleteOldSalts(sql: Sql, now: Date): Promise<number> {
  const lastDay = dayOf(earlier(now, saltLivesMs))
  const { count } = await sql`delete from analytics_salts where day <= ${lastDay}`
  return count
}
