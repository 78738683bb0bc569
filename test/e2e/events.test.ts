import { type Answer, expectStatus, until } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import type { Envelope } from '../../lib/public-events/envelope.ts'
import { newClient } from '../support/platform.ts'
import { sellAndPayOut } from '../support/selling.ts'
import { settingsOf } from '../support/server.ts'
import { addSession, addSomeone, type Someone, signerOf } from '../support/world.ts'

const client = await newClient()
const sql = connect(settingsOf(client.platform.database_url))
const signer = await signerOf(process.env.VEZA_PLATFORM_FILE!)
afterAll(() => sql.end())

const tokenOf = async (someone: Someone) => signer.sign(await addSession(sql, someone))

const read = (token: string, query = ''): Promise<Answer> =>
  client.request('GET', `/api/v1/events${query}`, { token })

/** Everything so far, in the order of the list. */
async function readAll(token: string): Promise<Envelope[]> {
  const events: Envelope[] = []
  let query = '?limit=2'
  for (;;) {
    const { data, has_more, next_cursor } = expectStatus(200, await read(token, query))
    events.push(...data)
    if (!has_more) return events
    query = `?limit=2&after=${encodeURIComponent(next_cursor)}`
  }
}

const typesOf = (events: readonly Envelope[]) => events.map(({ type }) => type)

/** Those about one thing, by their sequence. */
const about = (events: readonly Envelope[], member: string, id: string) =>
  events
    .filter(({ data }) => (data[member] as { id?: string } | undefined)?.id === id)
    .toSorted((a, b) => a.sequence - b.sequence)

test('both sides of a sale read what happened, each their own, and once', async () => {
  const { seller, buyer, order } = await sellAndPayOut({ client, sql, signer })
  const [ofBuyer, ofSeller] = [await tokenOf(buyer), await tokenOf(seller)]

  const bought = await until('the buyer to be told of all', async () => {
    const events = await readAll(ofBuyer)
    const seen = typesOf(about(events, 'order', order.id))
    const isAll = ['order.created', 'order.paid', 'order.completed'].every((type) =>
      seen.includes(type as never),
    )
    return isAll && typesOf(events).includes('license.issued') ? events : undefined
  })
  const sold = await until('the seller to be told of all, and of the payout', async () => {
    const events = await readAll(ofSeller)
    const seen = typesOf(events)
    return ['order.paid', 'order.completed', 'payout.created', 'payout.paid'].every((type) =>
      seen.includes(type as never),
    )
      ? events
      : undefined
  })

  const ofOrder = about(bought, 'order', order.id)
  expect(typesOf(ofOrder).toSorted()).toEqual(['order.completed', 'order.created', 'order.paid'])
  expect(ofOrder.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
  // Whatever the order in which the queue brought them, what is last has the last state.
  expect(ofOrder.at(-1)!.data).toMatchObject({ role: 'buyer', order: { status: 'completed' } })
  expect(about(sold, 'order', order.id).at(-1)!.data).toMatchObject({ role: 'seller' })
  expect(new Set([...bought, ...sold].map(({ id }) => id)).size).toBe(bought.length + sold.length)
  expect(JSON.stringify([bought, sold])).not.toMatch(/client_secret|"pi_|@example\.test/)
}, 120_000)

test('a client goes on from where it was, and comes upon what is new', async () => {
  const someone = await addSomeone(sql)
  const token = await tokenOf(someone)
  const { next_cursor } = expectStatus(200, await read(token))
  const body = { title: 'Low Tide', rights_confirmed: true }
  const track = expectStatus(201, await client.request('POST', '/api/v1/tracks', { token, body }))

  const told = await until('the track to be told of', async () => {
    const page = expectStatus(
      200,
      await read(token, `?types=track.created&after=${encodeURIComponent(next_cursor)}`),
    )
    return page.data.length > 0 ? page : undefined
  })

  expect(told.data).toMatchObject([{ type: 'track.created', data: { track: { id: track.id } } }])
  expect(expectStatus(200, await read(token, `?after=${encodeURIComponent(told.next_cursor)}`)).data).toEqual(
    [],
  )
  // And nobody else hears of it.
  const other = await tokenOf(await addSomeone(sql))
  expect(expectStatus(200, await read(other)).data).toEqual([])
})

test('anybody reads what events there are', async () => {
  const { data } = expectStatus(200, await client.request('GET', '/api/v1/webhooks/event-types'))
  expect(data).toContainEqual(
    expect.objectContaining({
      type: 'order.paid',
      schema: expect.objectContaining({ $schema: 'https://json-schema.org/draft/2020-12/schema' }),
      example: expect.objectContaining({ type: 'order.paid', sequence: 1 }),
    }),
  )
})
