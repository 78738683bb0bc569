import { databaseSettings, driverOptions } from '../../../lib/db/settings.ts'

const env = { PGHOST: 'db.example', PGDATABASE: 'veza', PGUSER: 'veza_app' }

test('what is not set falls to the safe side', () => {
  expect(databaseSettings(env)).toEqual({
    host: 'db.example',
    port: 5432,
    database: 'veza',
    user: 'veza_app',
    password: undefined,
    tls: true,
    prepare: true,
    applicationName: 'veza',
    queryDeadlineMs: 5_000,
    idleLimitMs: 60_000,
  })
})

test('reads what is set', () => {
  const settings = databaseSettings({
    ...env,
    PGPORT: '6543',
    PGPASSWORD: 'secret',
    PGSSLMODE: 'disable',
    DB_PREPARE: 'false',
    POWERTOOLS_SERVICE_NAME: 'tracks',
    DB_QUERY_DEADLINE_MS: '250',
  })
  expect(settings).toMatchObject({
    port: 6543,
    password: 'secret',
    tls: false,
    prepare: false,
    applicationName: 'tracks',
    queryDeadlineMs: 250,
  })
})

test.each([
  { name: 'no host', change: { PGHOST: undefined }, words: 'PGHOST is not set' },
  { name: 'no database', change: { PGDATABASE: '' }, words: 'PGDATABASE is not set' },
  { name: 'no user', change: { PGUSER: undefined }, words: 'PGUSER is not set' },
  { name: 'TLS that does not verify', change: { PGSSLMODE: 'require' }, words: 'PGSSLMODE is require' },
  { name: 'an unclear switch', change: { DB_PREPARE: 'yes' }, words: 'DB_PREPARE is yes' },
])('refuses $name at the start', ({ change, words }) => {
  expect(() => databaseSettings({ ...env, ...change })).toThrow(words)
})

test('asks the server for nothing at start-up that RDS Proxy refuses', () => {
  const options = driverOptions(databaseSettings(env))

  expect(options.connection).toEqual({ application_name: 'veza' })
  expect(options).toMatchObject({
    max: 1,
    fetch_types: false,
    connect_timeout: 5,
    idle_timeout: 60,
    max_lifetime: 900,
    prepare: true,
  })
})

test('no setting adds a start-up parameter', () => {
  const settings = databaseSettings({ ...env, PGOPTIONS: '-c statement_timeout=1', PGSSLMODE: 'disable' })

  expect(Object.keys(driverOptions(settings).connection)).toEqual(['application_name'])
})
