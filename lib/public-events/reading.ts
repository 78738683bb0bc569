import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { decodeCursor, encodeCursor } from '../http/cursor.ts'
import { dayMs, earlier } from '../time.ts'
import { type PublicEventRow, toEnvelope } from './envelope.ts'
import { findHorizon, listSettled, type Position, type SettledRow } from './reading-repository.ts'
import type { ListEvents } from './schemas.ts'

export interface EventReadingDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type EventReading = ReturnType<typeof createEventReading>

export const keptDays = 30

/** A Lambda can answer with 6 MB; a page that would be more ends early, and says that there is more. */
const mostPageBytes = 4 * 1024 * 1024

const scope = 'events'
const cursorValues = z.tuple([z.int().check(z.minimum(0)), z.uuid()])
const nil = '00000000-0000-0000-0000-000000000000'

/**
 * What an account was told, for it to read. The list is in the order of the transactions that wrote it, and only as far
 * as every one of them has ended: so nothing can come to stand before a reader's place, and nothing is told twice. What
 * is written while another transaction takes long is listed once that one is over.
 */
export function createEventReading({ sql, now = () => new Date() }: EventReadingDependencies) {
  return {
    async list(actor: Pick<Actor, 'id'>, { limit, after, types }: ListEvents) {
      const horizon = await findHorizon(sql)
      const place = after === undefined ? { xact: 0, id: nil } : readPlace(after)
      const rows = await listSettled(sql, {
        account_id: actor.id,
        // A place that this database has not reached yet is of another one, and the list begins anew.
        after: place.xact > horizon ? { xact: 0, id: nil } : place,
        horizon,
        types,
        since: earlier(now(), keptDays * dayMs),
        limit: limit + 1,
      })
      const shown = rows.slice(0, Math.min(limit, countFitting(rows)))
      const has_more = shown.length < rows.length
      const next = has_more ? shown.at(-1)! : { xact: horizon, id: nil }
      return { data: shown.map(toEnvelope), has_more, next_cursor: encodeCursor(scope, [next.xact, next.id]) }
    },
  }
}

function readPlace(cursor: string): Position {
  const [xact, id] = decodeCursor(scope, cursor, cursorValues)
  return { xact, id }
}

/** At least one. */
function countFitting(rows: readonly SettledRow[]): number {
  let bytes = 0
  const over = rows.findIndex((row) => {
    bytes += sizeOf(row)
    return bytes > mostPageBytes
  })
  return over < 0 ? rows.length : Math.max(over, 1)
}

const sizeOf = ({ data }: PublicEventRow) => Buffer.byteLength(JSON.stringify(data))
