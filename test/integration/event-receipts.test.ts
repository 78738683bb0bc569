import { randomUUID } from 'node:crypto'
import { connect } from '../../lib/db/client.ts'
import { createReceipts, deleteOldReceipts } from '../../lib/event-receipts.ts'
import { useDatabase } from '../support/database.ts'

const { sql, settings } = useDatabase()
const start = new Date('2026-03-01T12:00:00Z')
const after = (seconds: number) => new Date(start.getTime() + seconds * 1000)

/** Work that counts how often it was done. */
function createWork() {
  let done = 0
  return { work: async () => void done++, count: () => done }
}

const receiptsAt = (now: Date) => createReceipts({ sql, consumer: 'mail', now: () => now })

test('does the work of an event once, however often it is delivered', async () => {
  const id = randomUUID()
  const { work, count } = createWork()

  await expect(receiptsAt(start).once(id, work)).resolves.toBe(true)
  await expect(receiptsAt(after(1)).once(id, work)).resolves.toBe(false)
  await expect(receiptsAt(after(100_000)).once(id, work)).resolves.toBe(false)

  expect(count()).toBe(1)
})

test('does it once when twenty deliveries arrive together, and the others come again', async () => {
  const id = randomUUID()
  let done = 0
  const work = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    done++
  }
  const connections = Array.from({ length: 4 }, () => connect(settings))
  const deliver = (index: number) =>
    createReceipts({ sql: connections[index % 4]!, consumer: 'mail' }).once(id, work)

  const first = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => deliver(index)))
  const second = await Promise.all(Array.from({ length: 20 }, (_, index) => deliver(index)))
  await Promise.all(connections.map((connection) => connection.end()))

  expect(done).toBe(1)
  expect(first.filter((result) => result.status === 'fulfilled' && result.value)).toHaveLength(1)
  expect(second).toEqual(Array(20).fill(false))
})

test('consumers of one event do not see each other', async () => {
  const id = randomUUID()
  const { work, count } = createWork()

  await createReceipts({ sql, consumer: 'mail' }).once(id, work)
  await createReceipts({ sql, consumer: 'stream' }).once(id, work)

  expect(count()).toBe(2)
})

test('work that failed is done again by the next delivery', async () => {
  const id = randomUUID()
  const failing = async () => {
    throw new Error('not today')
  }

  await expect(receiptsAt(start).once(id, failing)).rejects.toThrow('not today')
  await expect(receiptsAt(after(1)).once(id, async () => {})).resolves.toBe(true)
})

test('work that crashed is done again after its lease, not before', async () => {
  const id = randomUUID()
  const { work, count } = createWork()
  // A crash leaves the lease behind: this work never ends.
  void receiptsAt(start).once(id, () => new Promise(() => {}))
  while ((await sql`select from event_receipts where event_id = ${id}`).length === 0);

  await expect(receiptsAt(after(59)).once(id, work)).rejects.toThrow('another delivery')
  expect(count()).toBe(0)
  await expect(receiptsAt(after(60)).once(id, work)).resolves.toBe(true)
  await expect(receiptsAt(after(61)).once(id, work)).resolves.toBe(false)
})

test('forgets receipts only when no queue can still hold their message', async () => {
  const [recent, old, open] = [randomUUID(), randomUUID(), randomUUID()]
  const day = 24 * 60 * 60
  await receiptsAt(after(-57 * day)).once(old, async () => {})
  await receiptsAt(after(-50 * day)).once(recent, async () => {})
  void receiptsAt(after(-90 * day)).once(open, () => new Promise(() => {}))
  while ((await sql`select from event_receipts where event_id = ${open}`).length === 0);

  await expect(deleteOldReceipts(sql, start)).resolves.toBe(1)

  const rows = await sql`select event_id from event_receipts where event_id = any(${[recent, old, open]})`
  expect(rows.map((row) => row.event_id).toSorted()).toEqual([recent, open].toSorted())
})
