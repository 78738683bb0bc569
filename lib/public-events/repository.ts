import type { Db, Transaction } from '../db/client.ts'
import type { PublicEventRow } from './envelope.ts'

const columns = (db: Db) => db`
  id, account_id, type, api_version, created_at, resource_id, sequence, data, request_id
`

/** Of several transactions that tell of one thing, each reads how it stands after the one before it has told. */
export async function lockResource(tx: Db, resourceId: string): Promise<void> {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`event:${resourceId}`}::text, 0))`
}

/** Those of the accounts that are still there, in the order of their ids; they stay so until the transaction ends. */
export async function lockAccounts(tx: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    select id from users where id = any(${ids}::uuid[]) and deleted_at is null order by id for key share
  `
  return rows.map(({ id }) => id)
}

export async function isTold(tx: Db, sourceId: string, accountId: string): Promise<boolean> {
  const rows = await tx`
    select from public_events where source_id = ${sourceId} and account_id = ${accountId}
  `
  return rows.length > 0
}

export async function takeSequence(tx: Db, accountId: string, resourceId: string): Promise<number> {
  const [row] = await tx<[{ last: number }]>`
    insert into public_event_sequences (account_id, resource_id, last)
    values (${accountId}, ${resourceId}, 1)
    on conflict (account_id, resource_id) do update set last = public_event_sequences.last + 1
    returning last
  `
  return row.last
}

interface NewPublicEvent extends Omit<PublicEventRow, 'id'> {
  readonly source_id: string
}

export async function insertEvent(tx: Db, { data, ...event }: NewPublicEvent): Promise<PublicEventRow> {
  const row = { ...event, data: tx.json(data as Parameters<Transaction['json']>[0]) }
  const [inserted] = await tx<[PublicEventRow]>`
    insert into public_events ${tx(row)} returning ${columns(tx)}
  `
  return inserted
}
