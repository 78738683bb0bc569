import * as z from 'zod/mini'
import type { Db } from '../db/client.ts'
import { describeEvent, type PublicEventData, type PublicEventType } from './catalogue.ts'
import type { PublicEventRow } from './envelope.ts'
import { insertEvent, isTold, lockAccounts, takeSequence } from './repository.ts'

export interface PublicEventToInsert<T extends PublicEventType = PublicEventType> {
  readonly account_id: string
  /** What it is made of: of one source an account is told once. */
  readonly source_id: string
  readonly type: T
  readonly resource_id: string
  readonly data: PublicEventData<T>
  readonly request_id: string | null
  readonly created_at: Date
}

/** Well below what fits into one message of a queue, sealed. */
const mostBytes = 128 * 1024

/**
 * Tells an account of an event, unless it was told of it before or is gone. Data that are not what the catalogue says
 * are an error: nothing is sent that does not fit. The account is locked first and the sequence behind it, so whoever
 * holds more than that in the transaction has taken the account before.
 */
export async function insertPublicEvent<T extends PublicEventType>(
  tx: Db,
  event: PublicEventToInsert<T>,
): Promise<PublicEventRow | undefined> {
  const { account_id, source_id, type, resource_id } = event
  const { version, data: schema } = describeEvent(type)
  const data = z.encode(schema, event.data) as Readonly<Record<string, unknown>>
  const bytes = Buffer.byteLength(JSON.stringify(data))
  if (bytes > mostBytes) throw new Error(`The data of ${type} are ${bytes} bytes, too much for one event`)
  if ((await lockAccounts(tx, [account_id])).length === 0) return undefined
  if (await isTold(tx, source_id, account_id)) return undefined
  const sequence = await takeSequence(tx, account_id, resource_id)
  return insertEvent(tx, { ...event, api_version: version, sequence, data })
}
