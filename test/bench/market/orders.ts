import type { Sql } from '../../../lib/db/client.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { type Person, seedPerson } from '../../support/social.ts'
import { createStripeDesk } from '../../support/stripe-desk.ts'
import type { Progress } from '../progress.ts'
import { type Figure, median } from '../table.ts'
import { type Stage, timeEach } from './stage.ts'

const count = 200
const warmUps = 20

/** One, four and eight at a time; each order is of a buyer, a seller and a product of its own. */
export async function measureOrders(stage: Stage, { step }: Progress): Promise<Figure[]> {
  const insert = await step('bare inserts', count, (tell) => timeInserts(stage.sql, tell))
  const figures: Figure[] = []
  for (const lanes of [1, 4, 8]) {
    const title = `orders, ${lanes} at a time`
    const { each, perSecond } = await step(title, count + warmUps, (tell) => timeOrders(stage, lanes, tell))
    const name = `${lanes} at a time: ${perSecond.toFixed(0)} orders a second, each`
    figures.push({ name, ours: each, against: insert, unit: 'ms', compare: 'ratio' })
  }
  return figures
}

async function timeInserts(sql: Sql, tell: (done: number) => void): Promise<number> {
  await sql`create table if not exists bench_inserts (id uuid primary key default uuidv7(), at timestamptz)`
  const { times } = await timeEach([sql], count, async (connection) => {
    await connection`insert into bench_inserts (at) values (now())`
    tell(1)
  })
  return median(times)
}

async function timeOrders({ connections, sql, stripe }: Stage, lanes: number, tell: (done: number) => void) {
  const desks = connections.slice(0, lanes).map((connection) => createStripeDesk(connection, { stripe }))
  const wanted: { buyer: Person; product: Awaited<ReturnType<typeof seedProduct>> }[] = []
  for (let at = 0; at < count + warmUps; at++) {
    const product = await seedProduct(sql, await seedSeller(sql))
    wanted.push({ buyer: await seedPerson(sql), product })
  }
  const buy = (offset: number) => async (desk: (typeof desks)[number], at: number) => {
    const { buyer, product } = wanted[offset + at]!
    await desk.buy(buyer, product)
    tell(1)
  }
  await timeEach(desks, warmUps, buy(0))
  const { times, total } = await timeEach(desks, count, buy(warmUps))
  return { each: median(times), perSecond: (count / total) * 1_000 }
}
