import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, type DatabaseSettings } from '../../lib/db/client.ts'
import { findFreePort } from './server.ts'

/** PgBouncer in transaction mode before the database of `settings`, with fewer connections than clients. */
export async function startPgBouncer(settings: DatabaseSettings, poolSize: number) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'veza-pgbouncer-'))
  const port = await findFreePort()
  const config = path.join(folder, 'pgbouncer.ini')
  const users = path.join(folder, 'users.txt')
  const { host, database, user, password } = settings
  await writeFile(users, `"${user}" "${password}"\n`)
  await writeFile(
    config,
    [
      '[databases]',
      `${database} = host=${host} port=${settings.port} dbname=${database}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = scram-sha-256',
      `auth_file = ${users}`,
      'pool_mode = transaction',
      `default_pool_size = ${poolSize}`,
    ].join('\n'),
  )
  // It refuses to run as root, and its own user must read the files.
  await chmod(folder, 0o755)
  const asRoot = process.getuid?.() === 0
  const child = spawn('pgbouncer', [...(asRoot ? ['--user=postgres'] : []), config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log = collect(child)
  await untilReady(child, { ...settings, port }, log)

  return {
    settings: { ...settings, port },
    stop: async () => {
      await stop(child)
      await rm(folder, { recursive: true })
    },
  }
}

function collect(child: ChildProcess): string[] {
  const log: string[] = []
  child.stderr?.on('data', (chunk) => log.push(String(chunk)))
  child.once('error', (error) => {
    const isMissing = 'code' in error && error.code === 'ENOENT'
    log.push(isMissing ? 'pgbouncer is not installed: apt-get install -y pgbouncer' : String(error))
  })
  return log
}

async function untilReady(child: ChildProcess, settings: DatabaseSettings, log: readonly string[]) {
  const sql = connect({ ...settings, prepare: false })
  for (let tries = 0; tries < 100; tries++) {
    const isReady = await sql`select 1`.then(
      () => true,
      () => false,
    )
    if (isReady) return sql.end()
    if (child.pid === undefined || child.exitCode !== null) break
    await pause(50)
  }
  await sql.end({ timeout: 0 })
  throw new Error(`PgBouncer did not start: ${log.join('')}`)
}

async function stop(child: ChildProcess) {
  if (child.exitCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGQUIT')
  await exited
}
