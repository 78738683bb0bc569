import type { Sql, Transaction } from '../../db/client.ts'
import { lockEndpoints } from './locks.ts'
import {
  endRecovery,
  listEventsToRecover,
  listRunning,
  lockRecovery,
  makeDue,
  type Recovery,
  stepForward,
} from './recovery-repository.ts'
import { wants } from './wishes.ts'

const recoveriesAtOnce = 20
const eventsAtOnce = 500

/**
 * One part of each recovery that is under way: a number of events, in the order in which they were written, are gone
 * through, and those that the endpoint wants and has not got become due. Answers how many events it was.
 */
export async function workRecoveries(sql: Sql, now: Date): Promise<number> {
  let done = 0
  for (const { id, endpoint_id } of await listRunning(sql, recoveriesAtOnce)) {
    done += await sql.beginIdempotent(async (tx) => {
      await lockEndpoints(tx, [endpoint_id])
      const recovery = await lockRecovery(tx, id)
      return recovery ? workOn(tx, recovery, now) : 0
    })
  }
  return done
}

/**
 * What a transaction wrote that was open when the recovery was asked for may still come: it is waited for. What later
 * ones write is sent anyway.
 */
async function workOn(tx: Transaction, recovery: Recovery, now: Date): Promise<number> {
  const events = await listEventsToRecover(tx, recovery, eventsAtOnce)
  const last = events.at(-1)
  if (last) {
    const wanted = events.filter((event) => event.created_at >= recovery.since && wants(recovery, event))
    const count = await makeDue(tx, recovery.endpoint_id, wanted, now)
    await stepForward(tx, recovery.id, last, count)
  } else if (recovery.is_complete) await endRecovery(tx, recovery.id, now)
  return events.length
}
