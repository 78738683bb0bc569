import { randomUUID } from 'node:crypto'
import { connect, type Sql } from '../../../lib/db/client.ts'
import { createReceipts } from '../../../lib/event-receipts.ts'
import { addToOutbox, createOutboxRelay } from '../../../lib/outbox.ts'
import { useDatabase } from '../../support/database.ts'
import { startPgBouncer } from '../../support/pgbouncer.ts'

/** More clients than connections, so that every transaction may land on another one. */
const poolSize = 2
const clients = 6
const database = useDatabase()

let bouncer: Awaited<ReturnType<typeof startPgBouncer>>
let connections: Sql[]

beforeAll(async () => {
  bouncer = await startPgBouncer(database.settings, poolSize)
  connections = Array.from({ length: clients }, () => connect({ ...bouncer.settings, prepare: false }))
  await database.sql`create table pairs (client integer, number integer, tags text[], document jsonb)`
}, 30_000)

afterAll(async () => {
  await Promise.all((connections ?? []).map((sql) => sql.end({ timeout: 1 })))
  await bouncer?.stop()
})

const everyone = <T>(work: (sql: Sql, client: number) => Promise<T>) => Promise.all(connections.map(work))

test('queries of many clients through few connections get their own answers', async () => {
  await everyone(async (sql, client) => {
    for (let number = 0; number < 30; number++) {
      const rows = await Promise.all([
        sql`select ${client}::int as client, ${number}::int as number, ${[`${client}`, 'b']}::text[] as tags`,
        sql`select ${client}::int + ${number}::int as sum`,
      ])
      expect(rows.flat()).toEqual([{ client, number, tags: [`${client}`, 'b'] }, { sum: client + number }])
    }
  })
})

test('transactions stay whole', async () => {
  await everyone(async (sql, client) => {
    for (let number = 0; number < 10; number++) {
      const transaction = sql.begin(async (tx) => {
        await tx`insert into pairs ${tx({ client, number, tags: ['x'], document: tx.json({ number }) })}`
        await tx`insert into pairs ${tx({ client, number, tags: [], document: tx.json([]) })}`
        if (number % 2 === 1) throw new RangeError('undone')
      })
      if (number % 2 === 1) await expect(transaction).rejects.toThrow(RangeError)
      else await transaction
    }
  })

  const rows = await database.sql`select client, count(*) from pairs group by client order by client`
  expect(rows).toEqual(connections.map((_, client) => ({ client, count: 10 })))
})

test('the outbox and the receipts do their work once', async () => {
  const ids = Array.from({ length: 20 }, () => randomUUID())
  await everyone(async (sql, client) => {
    for (const user_id of ids.filter((_, index) => index % clients === client)) {
      await sql.begin((tx) => addToOutbox(tx, 'mail.verify_email', { user_id }))
    }
  })
  const sent: string[] = []
  const handled: string[] = []

  await everyone(async (sql) => {
    const relay = createOutboxRelay({
      sql,
      queue: {
        send: async (messages) => {
          sent.push(...messages.map(({ body }) => JSON.parse(body).payload.user_id))
          return messages.map(({ id }) => id)
        },
      },
    })
    while ((await relay.flush()) > 0);
    const receipts = createReceipts({ sql, consumer: 'mail' })
    await Promise.allSettled(ids.map((id) => receipts.once(id, async () => void handled.push(id))))
  })

  expect(sent.toSorted()).toEqual(ids.toSorted())
  expect(handled.toSorted()).toEqual(ids.toSorted())
})

test('a statement that takes too long is cancelled through it', async () => {
  const sql = connect({ ...bouncer.settings, prepare: false, queryDeadlineMs: 300 })

  await expect(sql`select pg_sleep(60)`).rejects.toMatchObject({ code: 'unavailable' })
  await expect(sql`select 1 as one`).resolves.toEqual([{ one: 1 }])
  await sql.end()

  const listSleeping = () => database.sql`
    select pid from pg_stat_activity where starts_with(query, 'select pg_sleep(60)') and state = 'active'
  `
  while ((await listSleeping()).length > 0);
})
