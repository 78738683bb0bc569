import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../aws/logger.ts'
import { type Child, describeEnd, startChild } from './child.ts'
import { findProgram } from './find-program.ts'
import { endOrphan } from './orphan.ts'
import { createPart, type Part, type PartStatus } from './part.ts'

export interface ClamdOptions {
  readonly dataDir: string
  readonly logger: Logger
  /** Where to look for `clamd`; the machine's own places when it is not given. */
  readonly searchPath?: string[]
  /** Lines of clamd.conf other than ours. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface Clamd extends Part {
  readonly socket: string
  /** What the image of the scan function would set. */
  readonly environment: Readonly<Record<string, string>>
}

/** Those that the image of the scan function has beside ClamAV's own: here and there the same test file is found. */
const BUNDLED = path.resolve(import.meta.dirname, '../../../functions/scan-worker/image')
/** The most that clamd can count to; uploads end there too. */
const MAX_BYTES = '2147483647'
/** The real definitions take about 20 s to load on one core. */
const START_TIMEOUT_MS = 120_000

/** A real clamd on a Unix socket. Where it cannot be had the platform runs without it, and uploads wait. */
export function createClamd(options: ClamdOptions): Clamd {
  const { dataDir, logger, searchPath, settings = {} } = options
  const directory = path.join(dataDir, 'clamav')
  const socket = socketPath(directory)
  let child: Child | undefined

  const start = async (): Promise<PartStatus> => {
    const clamd = findProgram('clamd', searchPath)
    if (!clamd) return { state: 'unavailable', detail: MISSING }
    prepare(directory)
    const pidFile = path.join(directory, 'clamd.pid')
    const config = path.join(directory, 'clamd.conf')
    endOrphan(pidFile, `--config-file=${config}`)
    rmSync(socket, { force: true })
    writeFileSync(config, clamdConfig(directory, socket, settings))
    const started = await startChild(clamd, ['--foreground', `--config-file=${config}`], {
      onLine: (line) => {
        if (!ABOUT_SETTINGS.test(line)) logger.info(line)
      },
    })
    child = started
    writeFileSync(pidFile, String(started.pid))
    void started.exited.then((exit) => part.failed(describeEnd('clamd', exit, started.lines)))
    await waitForPong(socket, started)
    return { state: 'running', detail: describeDefinitions(directory) }
  }
  const part = createPart('clamd', {
    start,
    async stop() {
      await child?.stop({ signal: 'SIGTERM', graceMs: 1_500 })
      rmSync(socket, { force: true })
    },
  })
  const environment = {
    CLAMD_SOCKET: socket,
    DEFINITIONS_DIRECTORY: definitionsOf(directory),
    BUNDLED_DEFINITIONS: BUNDLED,
  }
  return Object.assign(part, { socket, environment })
}

const MISSING =
  'clamd is not installed, so nothing can be scanned and uploads wait in quarantine. Install it (apt-get install clamav-daemon, brew install clamav) and start again.'

/** Some thirty lines at each start that say what clamd.conf says. */
const ABOUT_SETTINGS = /^(Limits:|Detection using|Heuristic alert|.* support enabled)/

/** A socket's path ends at 108 bytes; a checkout may lie deeper than that. */
const socketPath = (directory: string) =>
  path.join(tmpdir(), `veza-clamd-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}.sock`)

/** The set that was loaded last, or what came with the image; the scan function puts a newer one in its place. */
function prepare(directory: string): void {
  const current = currentOf(directory)
  mkdirSync(definitionsOf(directory), { recursive: true })
  if (existsSync(current)) return
  if (lstatSync(current, { throwIfNoEntry: false })) rmSync(current)
  symlinkSync(BUNDLED, current)
}

/** Limits of the uploads with room above; whatever exceeds one is reported, for clamd would call it clean. */
function clamdConfig(directory: string, socket: string, settings: Readonly<Record<string, string>>): string {
  const lines = {
    LocalSocket: socket,
    LocalSocketMode: '660',
    Foreground: 'yes',
    DatabaseDirectory: currentOf(directory),
    TemporaryDirectory: tmpdir(),
    StreamMaxLength: MAX_BYTES,
    MaxFileSize: MAX_BYTES,
    MaxScanSize: MAX_BYTES,
    MaxScanTime: '600000',
    AlertExceedsMax: 'yes',
    AlertEncrypted: 'yes',
    ConcurrentDatabaseReload: 'yes',
    SelfCheck: '0',
    MaxThreads: '4',
    ReadTimeout: '300',
    CommandReadTimeout: '30',
    LogTime: 'no',
    ExitOnOOM: 'yes',
    ...settings,
  }
  return Object.entries(lines)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')
}

async function waitForPong(socket: string, child: Child): Promise<void> {
  let ended = false
  void child.exited.then(() => {
    ended = true
  })
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline && !ended) {
    if (existsSync(socket) && (await command(socket, 'PING').catch(() => '')) === 'PONG') return
    await sleep(50)
  }
  throw new Error(`clamd is not up:\n${child.lines.join('\n')}`)
}

function command(socket: string, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const connection = net.connect(socket, () => connection.write(`z${name}\0`))
    connection.setTimeout(5_000, () => connection.destroy(new Error('clamd does not answer')))
    connection.on('data', (chunk) => {
      answer += chunk.toString()
    })
    connection.once('error', reject).once('end', () => resolve(answer.replace(/\0$/, '')))
  })
}

function describeDefinitions(directory: string): string {
  const real = readdirSync(currentOf(directory)).some((file) => /^(main|daily)\.c[lv]d$/.test(file))
  return real ? 'with the definitions of ClamAV' : 'with test signatures only (EICAR)'
}

const definitionsOf = (directory: string) => path.join(directory, 'definitions')
const currentOf = (directory: string) => path.join(definitionsOf(directory), 'current')
