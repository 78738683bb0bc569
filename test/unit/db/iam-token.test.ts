import net from 'node:net'
import { connect, type Sql } from '../../../lib/db/client.ts'
import { databaseSettings } from '../../../lib/db/settings.ts'

const askPassword = Buffer.from([82, 0, 0, 0, 8, 0, 0, 0, 3])
const before = { ...process.env }

let server: net.Server
let sql: Sql
let passwords: string[]

/** Asks every connection for its password, keeps it and hangs up. */
beforeEach(async () => {
  passwords = []
  server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(askPassword)
      socket.once('data', (message) => {
        passwords.push(message.subarray(5, -1).toString())
        socket.destroy()
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  const env = {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGDATABASE: 'veza',
    PGUSER: 'veza_app',
    PGSSLMODE: 'disable',
  }
  sql = connect({ ...databaseSettings(env), queryDeadlineMs: 2_000 })
})

afterEach(async () => {
  process.env = { ...before }
  await sql.end({ timeout: 0 })
  server.close()
})

test('signs a token for the endpoint and the user, for every connection', async () => {
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'x',
  })

  await expect(sql`insert into anything values (1)`).rejects.toMatchObject({ code: 'unavailable' })
  const first = passwords.length
  await expect(sql`insert into anything values (2)`).rejects.toMatchObject({ code: 'unavailable' })

  expect(passwords.length).toBeGreaterThan(first)
  const token = new URL(`https://${passwords[0]}`)
  expect(token.host).toBe(`127.0.0.1:${(server.address() as net.AddressInfo).port}`)
  expect(Object.fromEntries(token.searchParams)).toMatchObject({
    Action: 'connect',
    DBUser: 'veza_app',
    'X-Amz-Expires': '900',
    'X-Amz-Credential': expect.stringMatching(/^AKIDEXAMPLE\/\d{8}\/eu-west-1\/rds-db\/aws4_request$/),
  })
})

test('is unavailable when no token can be signed', async () => {
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    AWS_CONFIG_FILE: '/nowhere',
  })
  delete process.env.AWS_ACCESS_KEY_ID
  delete process.env.AWS_PROFILE

  await expect(sql`select 1`).rejects.toMatchObject({ code: 'unavailable' })
  expect(passwords).toEqual([])
})
