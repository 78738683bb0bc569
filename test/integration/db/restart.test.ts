import { connect, type Sql } from '../../../lib/db/client.ts'
import { settingsOf, startServer } from '../../support/server.ts'

type Server = Awaited<ReturnType<typeof startServer>>

const clients = 6
let server: Server
let admin: Sql

beforeAll(async () => {
  server = await startServer()
  admin = connect(settingsOf(server.url))
  await admin`create table written (client integer, number integer, primary key (client, number))`
}, 60_000)

afterAll(async () => {
  await admin.end({ timeout: 1 })
  await server.stop()
})

interface Outcome {
  readonly acknowledged: readonly number[]
  readonly refused: number
  readonly slowestMs: number
}

/** Writes and reads in turn until told to stop, as the invocations of one environment do. */
async function work(client: number, isOver: () => boolean): Promise<Outcome> {
  const sql = connect(settingsOf(server.url))
  const acknowledged: number[] = []
  let refused = 0
  let slowestMs = 0
  for (let number = 1; !isOver(); number++) {
    const start = performance.now()
    try {
      await sql.begin(async (tx) => {
        await tx`insert into written (client, number) values (${client}, ${number})`
      })
      acknowledged.push(number)
      const [row] = await sql`select ${number}::int as number, ${client}::int as client`
      expect(row).toEqual({ number, client })
    } catch (error) {
      expect(error).toMatchObject({ name: 'AppError', code: 'unavailable' })
      refused++
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    slowestMs = Math.max(slowestMs, performance.now() - start)
  }
  await sql`select 1`
  await sql.end({ timeout: 1 })
  return { acknowledged, refused, slowestMs }
}

async function runDuring(disturbance: () => Promise<void>): Promise<Outcome[]> {
  let isOver = false
  const working = Array.from({ length: clients }, (_, client) => work(client, () => isOver))
  await disturbance()
  isOver = true
  return Promise.all(working)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function expectNothingLost(outcomes: readonly Outcome[]) {
  for (const [client, { acknowledged }] of outcomes.entries()) {
    const rows = await admin`select number from written where client = ${client}`
    const kept = new Set(rows.map((row) => row.number))
    expect(acknowledged.filter((number) => !kept.has(number))).toEqual([])
  }
  expect(outcomes.flatMap(({ acknowledged }) => acknowledged).length).toBeGreaterThan(0)
  expect(Math.max(...outcomes.map(({ slowestMs }) => slowestMs))).toBeLessThan(11_000)
  await admin`truncate written`
}

test('a server restarted twice under load loses nothing acknowledged and hangs nobody', async () => {
  const outcomes = await runDuring(async () => {
    for (let restart = 0; restart < 2; restart++) {
      await pause(300)
      await server.restart()
    }
    await pause(300)
  })

  expect(outcomes.some(({ refused }) => refused > 0)).toBe(true)
  await expectNothingLost(outcomes)
}, 60_000)

test('connections terminated under load lose nothing acknowledged and hang nobody', async () => {
  const outcomes = await runDuring(async () => {
    for (let round = 0; round < 10; round++) {
      await pause(100)
      await admin`
        select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and backend_type = 'client backend'
      `
    }
    await pause(500)
  })

  await expectNothingLost(outcomes)
}, 60_000)
