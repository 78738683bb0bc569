import type postgres from 'postgres'
import { requireEnv } from '../config.ts'
import { columnTypes } from './column-types.ts'

export interface DatabaseSettings {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  /** Absent: an IAM token is made for every connection. */
  readonly password?: string | undefined
  readonly tls: boolean
  /** Named statements: one round trip a query instead of two. RDS Proxy carries them, PgBouncer may not. */
  readonly prepare: boolean
  readonly applicationName: string
  /** How long one statement may take, connecting included. */
  readonly queryDeadlineMs: number
  /** A client unused for longer is thrown away: its peer may have gone while the environment was frozen. */
  readonly idleLimitMs: number
}

type Env = Readonly<Record<string, string | undefined>>

export function databaseSettings(env: Env = process.env): DatabaseSettings {
  return {
    host: requireEnv('PGHOST', env),
    port: Number(env.PGPORT || 5432),
    database: requireEnv('PGDATABASE', env),
    user: requireEnv('PGUSER', env),
    password: env.PGPASSWORD || undefined,
    tls: readTls(env.PGSSLMODE || 'verify-full'),
    prepare: readPrepare(env.DB_PREPARE || 'true'),
    applicationName: env.POWERTOOLS_SERVICE_NAME || 'veza',
    queryDeadlineMs: Number(env.DB_QUERY_DEADLINE_MS || 5_000),
    idleLimitMs: 60_000,
  }
}

/** Only the two that are safe to mean: the modes between encrypt without knowing to whom. */
function readTls(mode: string): boolean {
  if (mode === 'verify-full') return true
  if (mode === 'disable') return false
  throw new Error(`PGSSLMODE is ${mode}; it must be verify-full or disable`)
}

function readPrepare(text: string): boolean {
  if (text === 'true') return true
  if (text === 'false') return false
  throw new Error(`DB_PREPARE is ${text}; it must be true or false`)
}

/**
 * What the driver is told. RDS Proxy refuses startup parameters, so nothing but the application's name goes
 * into `connection`; session settings belong to the role or to the proxy's init query.
 */
export function driverOptions(settings: DatabaseSettings) {
  return {
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    // The socket is handed to the driver encrypted, see socket.ts.
    ssl: false,
    // One environment serves one request; queries awaited together are pipelined on the one connection.
    max: 1,
    prepare: settings.prepare,
    fetch_types: false,
    types: columnTypes,
    connect_timeout: 5,
    idle_timeout: 60,
    max_lifetime: 15 * 60,
    connection: { application_name: settings.applicationName },
    onnotice: () => {},
  } satisfies postgres.Options<Record<string, postgres.PostgresType>>
}
