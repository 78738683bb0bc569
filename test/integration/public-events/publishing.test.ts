import { randomUUID } from 'node:crypto'
import { connect } from '../../../lib/db/client.ts'
import { addToOutbox } from '../../../lib/outbox.ts'
import type { PublicEventRow } from '../../../lib/public-events/envelope.ts'
import { insertPublicEvent } from '../../../lib/public-events/insert.ts'
import { useDatabase } from '../../support/database.ts'
import { markSeededPaid, seedOrder } from '../../support/ledger.ts'
import { createEventDesk } from '../../support/public-events.ts'
import { seedPerson } from '../../support/social.ts'

const { sql, settings } = useDatabase()
const fanned: PublicEventRow[][] = []
const dispatched: string[][] = []
const desk = createEventDesk(sql, undefined, {
  fanOut: async (_, events) => fanned.push([...events]),
  dispatchSoon: async ({ event_ids }) => void dispatched.push([...event_ids]),
})
beforeEach(() => {
  fanned.length = 0
  dispatched.length = 0
})

async function seedSale() {
  const [buyer, seller] = [await seedPerson(sql), await seedPerson(sql)]
  const order = await seedOrder(sql, buyer.id, [{ seller_id: seller.id, due: 2_000 }])
  return { buyer, seller, order, order_id: order.id }
}

const eventsOf = (orderId: string) => sql<{ account_id: string; type: string; sequence: number }[]>`
  select account_id, type, sequence from public_events where resource_id = ${orderId} order by account_id, sequence
`

const messageOf = (type: string, payload: object) => ({
  id: randomUUID(),
  type,
  payload,
  request_id: 'request-of-the-buyer',
  created_at: '2026-12-01T09:00:00.000Z',
})

test('each account gets an envelope of its own, with when and by what request it came about', async () => {
  const { buyer, seller, order, order_id } = await seedSale()
  await markSeededPaid(sql, order)
  const message = messageOf('order.paid', { order_id })

  await desk.consume(message)

  const [toBuyer] = (await desk.poll(buyer)).data
  expect(toBuyer).toEqual({
    id: expect.any(String),
    type: 'order.paid',
    api_version: '2026-12-01',
    created_at: '2026-12-01T09:00:00.000Z',
    sequence: 1,
    request_id: 'request-of-the-buyer',
    data: expect.objectContaining({ role: 'buyer', order: expect.objectContaining({ id: order_id }) }),
  })
  const [toSeller] = (await desk.poll(seller)).data
  expect(toSeller).toMatchObject({ type: 'order.paid', sequence: 1, data: { role: 'seller' } })
  expect(toSeller!.id).not.toBe(toBuyer!.id)
})

test('is sent on in the transaction that writes it, and handed over after', async () => {
  const { order, order_id } = await seedSale()
  await markSeededPaid(sql, order)

  await desk.consume(messageOf('order.paid', { order_id }))

  const rows = await sql<{ id: string }[]>`select id from public_events where resource_id = ${order_id}`
  expect(fanned.map((events) => events.map(({ id }) => id).sort())).toEqual([rows.map(({ id }) => id).sort()])
  expect(dispatched.map((ids) => ids.sort())).toEqual([rows.map(({ id }) => id).sort()])
})

test('one event delivered ten times at once, by as many workers, is told once', async () => {
  const { order, order_id, buyer } = await seedSale()
  await markSeededPaid(sql, order)
  const id = randomUUID()
  const workers = Array.from({ length: 10 }, () => connect(settings))
  const origin = { request_id: null, created_at: new Date() }

  await Promise.all(
    workers.map((own) => createEventDesk(own).publisher['order.paid']({ order_id }, id, origin)),
  )
  await Promise.all(workers.map((own) => own.end()))

  expect(await eventsOf(order_id)).toHaveLength(2)
  expect((await desk.poll(buyer)).data.map(({ sequence }) => sequence)).toEqual([1])
})

test('events that come in any order, each several times, are told once each, and count without a gap', async () => {
  const { order, order_id, buyer } = await seedSale()
  await markSeededPaid(sql, order)
  const messages = [
    messageOf('order.completed', { order_id }),
    messageOf('order.created', { order_id }),
    messageOf('order.paid', { order_id }),
  ]

  for (const message of [...messages, ...messages.toReversed(), ...messages]) await desk.consume(message)

  const { data } = await desk.poll(buyer)
  expect(data.map(({ type, sequence }) => [type, sequence])).toEqual([
    ['order.completed', 1],
    ['order.created', 2],
    ['order.paid', 3],
  ])
})

test('of two that are told at once, the one with the greater sequence has the newer state', async () => {
  const { order_id, buyer } = await seedSale()
  const workers = Array.from({ length: 4 }, () => connect(settings))
  const origin = { request_id: null, created_at: new Date() }
  const tell = (own: (typeof workers)[number]) =>
    createEventDesk(own).publisher['order.created']({ order_id }, randomUUID(), origin)

  for (let round = 0; round < 5; round++) {
    await Promise.all([
      ...workers.map(tell),
      sql`update orders set updated_at = updated_at + interval '1 second' where id = ${order_id}`,
    ])
  }
  await Promise.all(workers.map((own) => own.end()))

  const { data } = await desk.poll(buyer)
  const states = data
    .toSorted((a, b) => a.sequence - b.sequence)
    .map((event) => (event.data.order as { updated_at: string }).updated_at)
  expect(states).toHaveLength(20)
  expect(states).toEqual(states.toSorted())
})

test('a relay that is killed between sending and marking sends it again, and it is told once', async () => {
  const { order_id } = await seedSale()
  await addToOutbox(sql, 'order.created', { order_id })
  await desk.relay.flush()
  const [sent] = desk.queued.splice(0)
  // As if the row had not been deleted: the claim runs out, and another relay takes it.
  const { id, type, payload, created_at } = sent!
  await sql`
    insert into outbox (id, type, payload, created_at)
    values (${id}, ${type}, ${sql.json(payload as Record<string, string>)}, ${new Date(created_at)})
  `
  await desk.consume(sent)
  await desk.work()

  expect(await eventsOf(order_id)).toHaveLength(1)
})

test('a worker that dies before its commit leaves nothing, and the next delivery tells it', async () => {
  const { order_id, buyer } = await seedSale()
  const dying = createEventDesk(sql, undefined, {
    fanOut: async () => {
      throw new Error('It was killed')
    },
  })
  const message = messageOf('order.created', { order_id })
  await expect(dying.consume(message)).rejects.toThrow('It was killed')
  expect(await eventsOf(order_id)).toEqual([])

  await desk.consume(message)

  expect((await desk.poll(buyer)).data).toMatchObject([{ sequence: 1 }])
})

test('a worker that dies after its commit is not told of again, and nothing is sent twice', async () => {
  const { order_id } = await seedSale()
  const origin = { request_id: null, created_at: new Date() }
  const id = randomUUID()
  await desk.publisher['order.created']({ order_id }, id, origin)
  await desk.publisher['order.created']({ order_id }, id, origin)

  expect(await eventsOf(order_id)).toHaveLength(1)
  expect(fanned).toHaveLength(1)
})

test('who is gone is told nothing more', async () => {
  const { order, order_id, buyer, seller } = await seedSale()
  await markSeededPaid(sql, order)
  await sql`update users set deleted_at = now() where id = ${seller.id}`

  await desk.consume(messageOf('order.paid', { order_id }))

  expect(await eventsOf(order_id)).toMatchObject([{ account_id: buyer.id }])
})

test('of what is not there any more nobody is told', async () => {
  const order_id = randomUUID()
  await desk.consume(messageOf('order.paid', { order_id }))
  expect(await eventsOf(order_id)).toEqual([])
  expect(fanned).toEqual([])
})

describe('what does not fit the catalogue', () => {
  const insert = async (data: unknown) => {
    const { id: account_id } = await seedPerson(sql)
    const event = {
      account_id,
      source_id: randomUUID(),
      type: 'webhook.test' as const,
      resource_id: randomUUID(),
      request_id: null,
      created_at: new Date(),
    }
    return sql.begin((tx) => insertPublicEvent(tx, { ...event, data: data as never }))
  }
  const endpoint = { id: randomUUID(), url: 'https://hooks.example.com', description: '' }

  test.each([
    { name: 'a member that is missing', data: { endpoint: { id: endpoint.id, url: endpoint.url } } },
    { name: 'a member of another type', data: { endpoint: { ...endpoint, description: 7 } } },
    { name: 'nothing', data: {} },
  ])('$name is a failure, and nothing is written', async ({ data }) => {
    await expect(insert(data)).rejects.toThrow('Invalid input')
    expect(await sql`select from public_events where type = 'webhook.test'`).toHaveLength(0)
  })

  test('a member that it does not name is left out', async () => {
    const row = await insert({ endpoint: { ...endpoint, secret: 'whsec_1' }, note: 'x' })
    expect(row!.data).toEqual({ endpoint })
  })

  test('more than a message can carry is a failure', async () => {
    const description = 'x'.repeat(128 * 1024)
    await expect(insert({ endpoint: { ...endpoint, description } })).rejects.toThrow('too much for one event')
  })
})
