import tls from 'node:tls'
import { connect, type Sql } from '../../../lib/db/client.ts'
import { useDatabase } from '../../support/database.ts'
import { readAuthority, startTlsFront } from '../../support/tls-front.ts'

const database = useDatabase()
const known = tls.getCACertificates('default')

let front: Awaited<ReturnType<typeof startTlsFront>>
let sql: Sql

async function start({ answer = 'S', host = 'localhost' }: { answer?: 'S' | 'N'; host?: string } = {}) {
  front = await startTlsFront(database.settings, answer)
  sql = connect({ ...database.settings, host, port: front.port, tls: true })
}

beforeEach(async () => tls.setDefaultCACertificates([...known, await readAuthority()]))

afterEach(async () => {
  await sql.end({ timeout: 0 })
  front.stop()
  tls.setDefaultCACertificates(known)
})

test('queries and transactions work encrypted', async () => {
  await start()

  await expect(sql`select repeat('x', 100000) as text`).resolves.toEqual([{ text: 'x'.repeat(100_000) }])
  await expect(sql.begin((tx) => tx`select ${1}::int as one`)).resolves.toEqual([{ one: 1 }])
  expect(front.heard[0]).toEqual(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]))
})

test('a connection that is reset is replaced', async () => {
  await start()
  const slow = sql`select 1 as one, pg_sleep(0.2)`.then((rows) => rows)
  await sql`select 1`
  front.reset()

  await expect(slow).resolves.toMatchObject([{ one: 1 }])
  await expect(sql`select 2 as two`).resolves.toEqual([{ two: 2 }])
})

test('a statement that takes too long is cancelled over an encrypted connection too', async () => {
  await start()
  const hasty = connect({
    ...database.settings,
    host: 'localhost',
    port: front.port,
    tls: true,
    queryDeadlineMs: 400,
  })

  await expect(hasty`select pg_sleep(50)`).rejects.toMatchObject({ code: 'unavailable' })
  await hasty.end({ timeout: 0 })

  const listSleeping = () => database.sql`
    select pid from pg_stat_activity where starts_with(query, 'select pg_sleep(50)') and state = 'active'
  `
  while ((await listSleeping()).length > 0);
})

describe('refuses', () => {
  test('a certificate of an unknown authority', async () => {
    tls.setDefaultCACertificates(known)
    await start()

    await expect(sql`select 1`).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  })

  test('the certificate of another host', async () => {
    await start({ host: '127.0.0.1' })

    await expect(sql`select 1`).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  test('a server without TLS, and sends it nothing in the clear', async () => {
    await start({ answer: 'N' })

    await expect(sql`select 1`).rejects.toThrow('The database server does not speak TLS')
    await expect(sql`select 2`).rejects.toThrow('The database server does not speak TLS')
    await sql.end({ timeout: 0 })
    expect(Buffer.concat(front.heard)).toHaveLength(2 * 8)
  })
})
