import { connect, type Sql } from '../../../lib/db/client.ts'
import { useDatabase } from '../../support/database.ts'
import { type Fault, startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'

const database = useDatabase()
const faults: Fault[] = ['close', 'reset', 'blackhole']
const deadlineMs = 400

let proxy: TcpProxy
let sql: Sql
let clock: number

beforeAll(async () => {
  proxy = await startTcpProxy(database.settings)
  await database.sql`create table writes (id integer primary key)`
})

beforeEach(() => {
  clock = Date.parse('2026-01-01T00:00:00Z')
  const settings = { ...database.settings, port: proxy.port, queryDeadlineMs: deadlineMs }
  sql = connect(settings, () => clock)
})

afterEach(async () => {
  await sql.end({ timeout: 0 })
  await database.sql`truncate writes`
})

afterAll(() => proxy.stop())

const unavailable = { name: 'AppError', code: 'unavailable' }

const listRunning = (text: string) => database.sql`
  select pid from pg_stat_activity
  where starts_with(query, ${text}) and state = 'active' and datname = current_database()
`

async function untilRunning(text: string, count: number) {
  while ((await listRunning(text)).length !== count);
}

/** One frozen environment: something cuts the line and the clock jumps, and the next line of code queries at once. */
function freeze(fault: Fault, ms: number) {
  proxy.freeze(fault)
  clock += ms
}

describe.each(faults)('after a %s in two minutes of freezing', (fault) => {
  test('a read, a write and a transaction work at once', async () => {
    await sql`select 1`
    freeze(fault, 120_000)
    await expect(sql`select 2 as two`).resolves.toEqual([{ two: 2 }])

    freeze(fault, 120_000)
    await sql`insert into writes (id) values (1)`

    freeze(fault, 120_000)
    await sql.begin((tx) => tx`insert into writes (id) values (2)`)

    await expect(database.sql`select id from writes order by id`).resolves.toEqual([{ id: 1 }, { id: 2 }])
  })

  test('queries sent together all work', async () => {
    await sql`select 1`
    freeze(fault, 120_000)

    const answers = await Promise.all([1, 2, 3, 4].map((n) => sql`select ${n}::int as n`))

    expect(answers.map(([row]) => row?.n)).toEqual([1, 2, 3, 4])
  })
})

describe.each(['close', 'reset'] as const)('after a %s in one second of freezing', (fault) => {
  test('a read, a write and a transaction work at once', async () => {
    await sql`select 1`
    freeze(fault, 1_000)
    await expect(sql`select 2 as two`).resolves.toEqual([{ two: 2 }])

    freeze(fault, 1_000)
    await sql`insert into writes (id) values (1)`

    freeze(fault, 1_000)
    await sql.begin((tx) => tx`insert into writes (id) values (2)`)

    await expect(database.sql`select id from writes order by id`).resolves.toEqual([{ id: 1 }, { id: 2 }])
  })

  test('a read works also when the pause was too short to be noticed', async () => {
    await sql`select 1`
    freeze(fault, 0)

    // A reset is lost on the driver then, and only the deadline ends the wait.
    const first = await Promise.allSettled([sql`select 2 as two`])
    const second = await sql`select 3 as three`

    expect(first[0]).toMatchObject(
      first[0].status === 'fulfilled' ? { value: [{ two: 2 }] } : { reason: unavailable },
    )
    expect(second).toEqual([{ three: 3 }])
  })
})

describe('on a line that swallows everything', () => {
  test('a query ends with its deadline as unavailable, and the next one works', async () => {
    await sql`select 1`
    freeze('blackhole', 1_000)

    await expect(sql`select 2`).rejects.toMatchObject({
      ...unavailable,
      cause: { name: 'QueryDeadlineError' },
    })
    await expect(sql`select 3 as three`).resolves.toEqual([{ three: 3 }])
  })

  test('the begin of a transaction ends with its deadline, and the next transaction works', async () => {
    await sql`select 1`
    freeze('blackhole', 1_000)

    await expect(sql.begin((tx) => tx`insert into writes (id) values (1)`)).rejects.toMatchObject(unavailable)
    await sql.begin((tx) => tx`insert into writes (id) values (2)`)

    await expect(database.sql`select id from writes`).resolves.toEqual([{ id: 2 }])
  })

  test('a statement within a transaction ends with its deadline, and nothing of it stays', async () => {
    const transaction = sql.begin(async (tx) => {
      await tx`insert into writes (id) values (1)`
      await proxy.strike('blackhole')
      await tx`insert into writes (id) values (2)`
    })

    await expect(transaction).rejects.toMatchObject(unavailable)
    await expect(sql`select id from writes`).resolves.toEqual([])
  })

  test('the commit of a transaction ends with its deadline', async () => {
    const transaction = sql.begin(async (tx) => {
      await tx`insert into writes (id) values (1)`
      await proxy.strike('blackhole')
    })

    await expect(transaction).rejects.toMatchObject({ ...unavailable, cause: { name: 'QueryDeadlineError' } })
    await expect(sql`select 1 as one`).resolves.toEqual([{ one: 1 }])
  })
})

describe('when the line is cut in the middle of a statement', () => {
  beforeEach(async () => {
    await sql`select 1`
  })

  test.each(['close', 'reset'] as const)('a read that met a %s runs once more', async (fault) => {
    const read = sql`select 1 as one, pg_sleep(0.15)`.then((rows) => rows)
    await proxy.strike(fault)

    await expect(read).resolves.toMatchObject([{ one: 1 }])
  })

  test('a read that is cut twice is unavailable', async () => {
    const patient = connect({ ...database.settings, port: proxy.port })
    const read = patient`select pg_sleep(2)`.then((rows) => rows)
    const outcome = expect(read).rejects.toMatchObject(unavailable)
    await untilRunning('select pg_sleep(2)', 1)
    await proxy.strike('close')
    await untilRunning('select pg_sleep(2)', 2)
    await proxy.strike('close')

    await outcome
    await patient.end({ timeout: 0 })
  })

  test('a write is unavailable and not repeated', async () => {
    const write = sql`insert into writes (id) select 1 from pg_sleep(0.15)`.then((rows) => rows)
    const outcome = expect(write).rejects.toMatchObject(unavailable)
    await proxy.strike('reset')
    await outcome
    await sql`select 1`

    await expect(listRunning('insert into writes')).resolves.toHaveLength(0)
  })

  test('a write that waited behind it and was never sent runs', async () => {
    const slow = sql`select pg_sleep(0.15)`.then((rows) => rows)
    const transaction = sql.begin((tx) => tx`insert into writes (id) values (1)`)
    await proxy.strike('reset')

    await Promise.all([slow, transaction])
    await expect(sql`select id from writes`).resolves.toEqual([{ id: 1 }])
  })

  test('a transaction is not repeated, unless its caller calls it idempotent', async () => {
    const runs: string[] = []
    const work = (name: string) => async (tx: Parameters<Parameters<Sql['beginIdempotent']>[0]>[0]) => {
      runs.push(name)
      await tx`insert into writes (id) values (7) on conflict do nothing`
      if (runs.filter((run) => run === name).length === 1) await proxy.strike('reset')
      await tx`select 1`
      return name
    }

    await expect(sql.begin(work('plain'))).rejects.toMatchObject(unavailable)
    await expect(sql.beginIdempotent(work('idempotent'))).resolves.toBe('idempotent')

    expect(runs).toEqual(['plain', 'idempotent', 'idempotent'])
    await expect(sql`select id from writes`).resolves.toEqual([{ id: 7 }])
  })
})

describe('a statement that takes too long', () => {
  test('is cancelled at the server', async () => {
    await expect(sql`select pg_sleep(30)`).rejects.toMatchObject(unavailable)

    await untilRunning('select pg_sleep(30)', 0)
  })

  test('inside a transaction rolls it back', async () => {
    const transaction = sql.begin(async (tx) => {
      await tx`insert into writes (id) values (1)`
      await tx`select pg_sleep(30)`
    })

    await expect(transaction).rejects.toMatchObject(unavailable)
    await expect(sql`select id from writes`).resolves.toEqual([])
  })

  test('because it waits for the transaction around it does not wait for ever', async () => {
    const transaction = sql.begin(async () => {
      await sql`select 1`
    })

    await expect(transaction).rejects.toMatchObject(unavailable)
    await expect(sql`select 1 as one`).resolves.toEqual([{ one: 1 }])
  })
})

test('a discarded connection leaves no transaction open', async () => {
  const transaction = sql.begin(async (tx) => {
    await tx`insert into writes (id) values (1)`
    sql.discard()
    await tx`insert into writes (id) values (2)`
  })

  await expect(transaction).rejects.toMatchObject(unavailable)
  await expect(sql`select id from writes`).resolves.toEqual([])
})

test('a database that cannot be reached is unavailable', async () => {
  const nowhere = connect({ ...database.settings, port: 1 })

  await expect(nowhere`select 1`).rejects.toMatchObject(unavailable)
  await expect(nowhere.begin((tx) => tx`select 1`)).rejects.toMatchObject(unavailable)
  await nowhere.end({ timeout: 0 })
})

test('what the server says of a statement passes through', async () => {
  await sql`insert into writes (id) values (1)`

  await expect(sql`insert into writes (id) values (1)`).rejects.toMatchObject({
    name: 'PostgresError',
    code: '23505',
  })
  await expect(sql.begin((tx) => tx`select * from nothing`)).rejects.toMatchObject({
    code: '42P01',
    stack: expect.stringContaining('freeze-and-thaw.test.ts'),
  })
  await expect(
    sql.begin(async () => {
      throw new RangeError('mine')
    }),
  ).rejects.toThrow(new RangeError('mine'))
})
