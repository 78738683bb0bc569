import type { Sql } from '../../../lib/db/client.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const { sql } = db
const open = useConnections(db)

beforeAll(async () => {
  await sql`create table purses (id integer primary key, coins integer not null)`
  await sql`insert into purses values (1, 0), (2, 0)`
})

/** Adds a coin to one purse, then to the other, once everybody holds their first. */
function createPassing() {
  const holding = Promise.withResolvers<void>()
  let holders = 0
  let tries = 0
  const pass = (on: Sql, first: number, second: number) =>
    on.begin(async (tx) => {
      tries++
      await tx`update purses set coins = coins + 1 where id = ${first}`
      holders++
      if (holders === 2) holding.resolve()
      await holding.promise
      await tx`update purses set coins = coins + 1 where id = ${second}`
    })
  return { pass, tries: () => tries }
}

test('of two transactions that wait for each other, the one that gives way begins anew', async () => {
  const [one, other] = (await open(2)) as [Sql, Sql]
  const { pass, tries } = createPassing()

  await Promise.all([pass(one, 1, 2), pass(other, 2, 1)])

  expect(tries()).toBe(3)
  expect(await sql`select coins from purses`).toEqual([{ coins: 2 }, { coins: 2 }])
})

test('a transaction that gives way again and again fails in the end', async () => {
  let tries = 0

  await expect(
    sql.begin(async () => {
      tries++
      throw Object.assign(new Error('deadlock detected'), { code: '40P01' })
    }),
  ).rejects.toThrow('deadlock detected')
  expect(tries).toBe(4)
})
