import { randomUUID } from 'node:crypto'
import * as z from 'zod/mini'
import type { Actor } from '../../auth/actor.ts'
import type { Sql, Transaction } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { invalid } from '../../products/refusals.ts'
import { describeEvent, type PublicEventType, publicEventTypes } from '../../public-events/catalogue.ts'
import { insertPublicEvent } from '../../public-events/insert.ts'
import { lockAccount } from '../../users/lock.ts'
import type { Dispatcher } from '../deliveries/dispatch.ts'
import { deliverTo } from '../deliveries/fan-out.ts'
import { lockEndpoint } from './repository.ts'
import { mustBeEnabled, unknownType } from './rules.ts'

export interface TestDependencies {
  readonly sql: Sql
  readonly dispatcher: Pick<Dispatcher, 'dispatchSoon'>
  readonly now?: () => Date
}

export type TestService = ReturnType<typeof createTest>

/** Sends the example of a type to one endpoint, whatever else that takes, as if it had come to pass. */
export function createTest({ sql, dispatcher, now = () => new Date() }: TestDependencies) {
  return async (actor: Actor, id: string, eventType: string, requestId: string) => {
    const type = publicEventTypes.find((one) => one === eventType)
    if (!type) throw invalid(unknownType('#/body/event_type'))
    const started = await sql.begin((tx) => insertTest(tx, { actor, id, type, requestId }, now()))
    await dispatcher.dispatchSoon({ endpoint_ids: [id] })
    return { ...started, event_type: type }
  }
}

interface Test {
  readonly actor: Actor
  readonly id: string
  readonly type: PublicEventType
  readonly requestId: string
}

/** Of the account one after the other, so that this waits for no change of the endpoint that waits for this. */
async function insertTest(tx: Transaction, { actor, id, type, requestId }: Test, now: Date) {
  if (!(await lockAccount(tx, actor.id))) throw new AppError('not_found')
  const event = await insertPublicEvent(tx, {
    account_id: actor.id,
    source_id: randomUUID(),
    type,
    resource_id: id,
    data: exampleOf(type),
    request_id: requestId,
    created_at: now,
  })
  const endpoint = await lockEndpoint(tx, actor.id, id)
  if (!event || !endpoint) throw new AppError('not_found')
  mustBeEnabled(endpoint)
  await tx`update public_events set is_test = true where id = ${event.id}`
  return { delivery_id: await deliverTo(tx, id, event, now), event_id: event.id }
}

/** As it is before it goes on the wire. */
function exampleOf(type: PublicEventType) {
  const { data, example } = describeEvent(type)
  return z.decode(data, example) as Parameters<typeof insertPublicEvent>[1]['data']
}
