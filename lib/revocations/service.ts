import * as z from 'zod/mini'
import type { Sql } from '../db/client.ts'
import { decodeCursor, encodeCursor } from '../http/cursor.ts'
import { earlier, minuteMs } from '../time.ts'
import { listRevocations, type Position, type RevocationRow } from './repository.ts'
import type { ListRevocations } from './schemas.ts'

export interface RevocationDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type RevocationService = ReturnType<typeof createRevocationService>

/** Longer than any transaction of ours: what one that began before `since` writes after it is in the list too. */
const overlapMs = 5 * minuteMs

/**
 * How far a reader has come: up to `settled` nothing can be added any more. What stands behind it is told as soon as
 * it is there, and told again until it is settled: nothing is late for a transaction that takes long, and nothing of
 * one that commits late is missed.
 */
interface Place {
  readonly settled: Position
  readonly seen: Position
}

const xact = z.int().check(z.minimum(0))
const cursorValues = z.tuple([xact, z.uuid(), xact, z.uuid()])
const scope = 'revocations'
const start: Position = { xact: 0, id: '00000000-0000-0000-0000-000000000000' }

/** What the chat and the stream server have to refuse although its signature is ours. */
export function createRevocationService({ sql, now = () => new Date() }: RevocationDependencies) {
  return {
    async list({ limit, cursor, since }: ListRevocations) {
      const place = cursor === undefined ? { settled: start, seen: start } : readPlace(cursor)
      const filter = { after: place.seen, since: since && earlier(since, overlapMs), limit: limit + 1 }
      const rows = await listRevocations(sql, filter, now())
      const data = rows.slice(0, limit)
      const has_more = rows.length > limit
      return { data, has_more, next_cursor: writePlace(nextPlace(place, data, has_more)) }
    },
  }
}

/** With the last page the reader is back at what is settled. */
function nextPlace({ settled, seen }: Place, rows: readonly RevocationRow[], has_more: boolean): Place {
  // Behind rows that were not settled when they were told, new ones may have come.
  const isSettledSoFar = settled.xact === seen.xact && settled.id === seen.id
  const last = isSettledSoFar ? rows.findLast(({ is_settled }) => is_settled) : undefined
  const next = last ?? settled
  return { settled: next, seen: has_more ? rows.at(-1)! : next }
}

function readPlace(cursor: string): Place {
  const [settledXact, settledId, seenXact, seenId] = decodeCursor(scope, cursor, cursorValues)
  return { settled: { xact: settledXact, id: settledId }, seen: { xact: seenXact, id: seenId } }
}

const writePlace = ({ settled, seen }: Place) =>
  encodeCursor(scope, [settled.xact, settled.id, seen.xact, seen.id])
