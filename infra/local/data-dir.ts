import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { PlatformInfo } from './client.ts'

export interface DataDir {
  readonly path: string
  /** Begun anew by each start; the one before is kept beside it. */
  readonly logFile: string
  readonly platformFile: string
  /** Tools may read it from now on. */
  publish(info: PlatformInfo): void
  retract(): void
  release(): void
}

/** What a platform keeps; the definitions of ClamAV and the template stay, for they are only copies. */
const STATE = [
  'postgres',
  'postgres.new',
  'postgres.password',
  's3',
  'sqs',
  'secrets.json',
  'media-key.pem',
  'stripe',
  'admin.json',
  'stream',
  'platform.log',
  'platform.previous.log',
]

/** Takes the directory for this process alone; `isFresh` forgets what an earlier one left there. */
export function openDataDir(directory: string, { isFresh = false } = {}): DataDir {
  mkdirSync(directory, { recursive: true })
  const lockFile = path.join(directory, 'platform.lock')
  const platformFile = path.join(directory, 'platform.json')
  lock(lockFile, directory)
  rmSync(platformFile, { force: true })
  if (isFresh) for (const name of STATE) rmSync(path.join(directory, name), { recursive: true, force: true })
  const logFile = path.join(directory, 'platform.log')
  if (existsSync(logFile)) renameSync(logFile, path.join(directory, 'platform.previous.log'))
  return {
    path: directory,
    logFile,
    platformFile,
    publish: (info) =>
      writeFileSync(platformFile, `${JSON.stringify(info, undefined, 2)}\n`, { mode: 0o600 }),
    retract: () => rmSync(platformFile, { force: true }),
    release: () => rmSync(lockFile, { force: true }),
  }
}

function lock(file: string, directory: string): void {
  const owner = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  if (isPlatform(owner)) throw alreadyRunning(directory, owner)
  rmSync(file, { force: true })
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
  } catch (cause) {
    throw alreadyRunning(directory, Number(readFileSync(file, 'utf8')), cause)
  }
}

function alreadyRunning(directory: string, pid: number, cause?: unknown): Error {
  const message = `A platform is already running on ${directory} (pid ${pid}). Stop it, or use another --data`
  return new Error(message, { cause })
}

/** A number may have gone to another program since its owner was killed; where /proc tells, we look. */
function isPlatform(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return (
      !existsSync('/proc/self/cmdline') || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('start.ts')
    )
  } catch {
    return false
  }
}
