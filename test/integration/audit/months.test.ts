import { randomUUID } from 'node:crypto'
import { keepAuditMonths } from '../../../lib/audit/months.ts'
import { recordAudit } from '../../../lib/audit/record.ts'
import { grantAppRole } from '../../../lib/db/app-role.ts'
import { connect, type Db } from '../../../lib/db/client.ts'
import { monthsAhead } from '../../../lib/db/months.ts'
import { useDatabase } from '../../support/database.ts'
import { environmentOf } from '../../support/server.ts'

const { sql, url, settings } = useDatabase()
const origin = { ip: '192.0.2.1', userAgent: 'veza-tests', requestId: 'request-1' }
const role = `app_${settings.database}`

const record = (at: string, db: Db = sql) =>
  recordAudit(db, { action: 'session.started', user_id: randomUUID() }, origin, new Date(at))

/** The table that holds each event. */
const places = async () => {
  const rows = await sql<{ place: string }[]>`
    select tableoid::regclass::text as place from audit_events order by at, id
  `
  return rows.map(({ place }) => place)
}

const months = async () => {
  const rows = await sql<{ name: string }[]>`
    select relname as name from pg_class join pg_inherits on inhrelid = pg_class.oid
    where inhparent = 'audit_events'::regclass and relname <> 'audit_events_other'
    order by relname
  `
  return rows.map(({ name }) => name)
}

const clear = () =>
  sql.begin(async (tx) => {
    await tx`set local session_replication_role = 'replica'`
    await tx`delete from audit_events`
  })

afterEach(clear)

test('makes this month and those ahead, once', async () => {
  const now = new Date('2031-11-30T23:59:59.999Z')

  await expect(keepAuditMonths(sql, now)).resolves.toBe(monthsAhead + 1)
  await expect(keepAuditMonths(sql, now)).resolves.toBe(0)

  expect(await months()).toEqual(
    expect.arrayContaining(['2031_11', '2031_12', '2032_01', '2032_02'].map((at) => `audit_events_${at}`)),
  )
})

test('makes one more when the month turns, and parts events at midnight UTC', async () => {
  await keepAuditMonths(sql, new Date('2031-11-30T23:59:59.999Z'))

  await expect(keepAuditMonths(sql, new Date('2031-12-01T00:00:00Z'))).resolves.toBe(1)
  await record('2031-11-30T23:59:59.999Z')
  await record('2031-12-01T00:00:00Z')

  expect(await places()).toEqual(['audit_events_2031_11', 'audit_events_2031_12'])
})

test('keeps events of a month that was not made, and hands them over once it is', async () => {
  await record('2041-05-31T23:59:59.999Z')
  await record('2041-06-01T00:00:00Z')
  await record('2041-06-30T23:59:59.999Z')
  await record('2041-10-01T00:00:00Z')
  expect(new Set(await places())).toEqual(new Set(['audit_events_other']))

  await keepAuditMonths(sql, new Date('2041-06-15T00:00:00Z'))

  expect(await places()).toEqual([
    'audit_events_other',
    'audit_events_2041_06',
    'audit_events_2041_06',
    'audit_events_other',
  ])
  await expect(sql`delete from audit_events_other`).rejects.toThrow('append-only')
})

test('makes each month once when two run together, while events are written', async () => {
  const now = new Date('2051-01-15T00:00:00Z')

  const other = connect(settings)
  const writes = Array.from({ length: 10 }, () => record('2051-02-02T00:00:00Z'))
  const runs = [keepAuditMonths(sql, now), keepAuditMonths(other, now)]
  await Promise.all(writes)
  const [one, two] = await Promise.all(runs)
  await other.end()

  expect(one! + two!).toBe(monthsAhead + 1)
  expect(await places()).toEqual(Array(10).fill('audit_events_2051_02'))
})

test('drops months older than two years', async () => {
  await sql`select create_audit_months('2019-01-01', 3)`
  await record('2019-01-15T00:00:00Z')
  await record('2019-03-31T23:59:59.999Z')

  await keepAuditMonths(sql, new Date('2021-03-31T23:59:59.999Z'))
  expect(await places()).toEqual(['audit_events_2019_03'])

  await keepAuditMonths(sql, new Date('2021-04-01T00:00:00Z'))
  expect(await places()).toEqual([])
})

test('drops no month that is not a year old, whatever day it is told', async () => {
  const kept = (await months()).filter((name) => name >= 'audit_events_2026')

  await sql`select drop_audit_months('2100-01-01')`

  expect(await months()).toEqual(kept)
})

describe('as the application', () => {
  beforeAll(() => grantAppRole(sql, role))
  afterAll(async () => {
    await sql`drop owned by ${sql(role)}`
    await sql`drop role ${sql(role)}`
  })

  const asApp = <T>(work: (tx: Db) => Promise<T>) =>
    sql.begin(async (tx) => {
      await tx`set local role ${tx(role)}`
      return work(tx)
    })

  test('the trail is written and read, in months made by the application too', async () => {
    await asApp(async (tx) => {
      await tx`select create_audit_months('2061-01-01', 1)`
      await record('2061-01-02T00:00:00Z', tx)
      await record(new Date().toISOString(), tx)
      expect(await tx`select from audit_events`).toHaveLength(2)
    })
    expect(await places()).toContain('audit_events_2061_01')
  })

  const month = `audit_events_${new Date().toISOString().slice(0, 7).replace('-', '_')}`
  test.each([
    'update audit_events set action = action',
    'delete from audit_events',
    'truncate audit_events',
    'drop table audit_events',
    'alter table audit_events disable trigger all',
    `insert into ${month} select * from audit_events`,
    `select from ${month}`,
    `update ${month} set action = action`,
    `delete from ${month}`,
    `truncate ${month}`,
    `drop table ${month}`,
    'delete from audit_events_other',
    'delete from audit_events_2071_01',
    'insert into audit_events_2071_01 select * from audit_events',
  ])('refuses: %s', async (statement) => {
    await asApp((tx) => tx`select create_audit_months('2071-01-01', 1)`)
    await record(new Date().toISOString())

    await expect(asApp((tx) => tx.unsafe(statement))).rejects.toMatchObject({ code: '42501' })
  })
})

test.each(['update audit_events set action = action', 'delete from audit_events', 'truncate audit_events'])(
  'refuses even its owner: %s',
  async (statement) => {
    await record(new Date().toISOString())

    await expect(sql.unsafe(statement)).rejects.toThrow('append-only')
  },
)

test('the scheduler keeps the months', async () => {
  Object.assign(process.env, {
    ...environmentOf(url),
    EXPORTS_BUCKET: 'exports',
    MEDIA_BUCKET: 'media',
    FIELD_SECRET_ARN: 'field',
    DEFINITIONS_BUCKET: 'definitions',
    UPLOADS_BUCKET: 'uploads',
    SCAN_QUEUE_URL: 'http://127.0.0.1/scan',
    STRIPE_QUEUE_URL: 'http://127.0.0.1/stripe',
    WEBHOOKS_QUEUE_URL: 'http://127.0.0.1/webhooks',
    WEBHOOK_SECRET_ARN: 'webhooks',
    RESCAN_DAYS: '30',
    RESCAN_PER_MINUTE: '10',
  })
  const { handler } = await import('../../../functions/scheduler/handler.ts')
  const run = () => handler({ task: 'keep-months' }, { getRemainingTimeInMillis: () => 60_000 })

  await run()

  await expect(run()).resolves.toEqual({
    task: 'keep-months',
    done: { audit_events: 0, plays: 0, listeners: 0, analytics_events: 0, listens: 0 },
  })
  const present = new Date().toISOString().slice(0, 7).replace('-', '_')
  expect(await months()).toContain(`audit_events_${present}`)
})
