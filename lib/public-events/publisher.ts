import type { Db, Sql, Transaction } from '../db/client.ts'
import type { EventOrigin, Jobs } from '../event-consumer.ts'
import { publishedEvents } from './catalogue.ts'
import type { PublicTelling, PublishedEvent, SourceType } from './define.ts'
import type { PublicEventRow } from './envelope.ts'
import { insertPublicEvent } from './insert.ts'
import { lockAccounts, lockResource } from './repository.ts'

export interface PublisherDependencies {
  readonly sql: Sql
  /** Has what was told sent to the endpoints that want it, in the same transaction. */
  readonly fanOut: (tx: Db, events: readonly PublicEventRow[], now: Date) => Promise<number>
  /** Right after the commit; the sweep comes by anyway. */
  readonly dispatchSoon: (concerning: { readonly event_ids: readonly string[] }) => Promise<void>
  readonly now?: () => Date
}

/**
 * Tells every account that an event concerns, once however often the event arrives. Events of one thing follow each
 * other: what has the greater sequence was read later.
 */
export function createPublisher({
  sql,
  fanOut,
  dispatchSoon,
  now = () => new Date(),
}: PublisherDependencies): Pick<Jobs, SourceType> {
  const publish = async (event: PublishedEvent, payload: Payload, id: string, origin: EventOrigin) => {
    const event_ids = await sql.beginIdempotent(async (tx) => {
      const rows = await tellAll(tx, event, payload, id, origin)
      const deliveries = rows.length > 0 ? await fanOut(tx, rows, now()) : 0
      return deliveries > 0 ? rows.map((row) => row.id) : []
    })
    if (event_ids.length > 0) await dispatchSoon({ event_ids })
  }
  const jobs = publishedEvents.map((event) => [
    event.type,
    (payload: Payload, id: string, origin: EventOrigin) => publish(event, payload, id, origin),
  ])
  return Object.fromEntries(jobs)
}

type Payload = Parameters<PublishedEvent['build']>[1]

async function tellAll(
  tx: Transaction,
  event: PublishedEvent,
  payload: Payload,
  source_id: string,
  { request_id, created_at }: EventOrigin,
): Promise<PublicEventRow[]> {
  const { type, resource, build } = event
  const resource_id = (payload as Readonly<Record<string, string>>)[`${resource}_id`]!
  await lockResource(tx, resource_id)
  const tellings = await build(tx, payload)
  const rows: PublicEventRow[] = []
  for (const { account_id, data } of await ofAccountsThatAre(tx, tellings)) {
    const one = { account_id, source_id, type, resource_id, data, request_id, created_at }
    const row = await insertPublicEvent(tx, one as Parameters<typeof insertPublicEvent>[1])
    if (row) rows.push(row)
  }
  return rows
}

/** All of them locked before the first is told, and told in the order of their ids: so two never wait for each other. */
async function ofAccountsThatAre(tx: Transaction, tellings: readonly PublicTelling<unknown>[]) {
  const byAccount = new Map(tellings.map((telling) => [telling.account_id, telling]))
  const accounts = await lockAccounts(tx, [...byAccount.keys()])
  return accounts.map((id) => byAccount.get(id)!)
}
