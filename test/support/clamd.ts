import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClamd } from '../../lib/media/clamd.ts'

export interface TestClamd {
  readonly socketPath: string
  /** For clamd's own programs. */
  readonly configPath: string
  start(): Promise<void>
  stop(): Promise<void>
}

export interface ClamdLimits {
  /** In bytes; the product's own limits unless said otherwise. */
  readonly maxFileSize?: number
}

/** A part of the anti-virus test string, at any place in a file of any type. */
const signature = 'Test.Eicar:0:*:45494341522d5354414e444152442d414e544956495255532d544553542d46494c45'

/** A real clamd with one signature, so that it is up at once. */
export async function startClamd(limits: ClamdLimits = {}): Promise<TestClamd & { remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'clamd-'))
  const socketPath = join(directory, 'clamd.sock')
  const configPath = join(directory, 'clamd.conf')
  await writeFile(join(directory, 'test.ndb'), `${signature}\n`)
  await writeFile(configPath, configOf(directory, socketPath, limits))
  let process: ChildProcess | undefined

  const start = async () => {
    process = spawn('clamd', ['--foreground', '--config-file', configPath], { stdio: 'ignore' })
    await untilReady(socketPath, process)
  }
  const stop = async () => {
    if (!process || process.exitCode !== null) return
    const gone = once(process, 'exit')
    process.kill('SIGKILL')
    await gone
  }
  await start()
  return {
    socketPath,
    configPath,
    start,
    stop,
    async remove() {
      await stop()
      await rm(directory, { recursive: true })
    },
  }
}

function configOf(
  directory: string,
  socketPath: string,
  { maxFileSize = 2_147_483_647 }: ClamdLimits,
): string {
  return [
    `DatabaseDirectory ${directory}`,
    `TemporaryDirectory ${directory}`,
    `LocalSocket ${socketPath}`,
    'AlertExceedsMax yes',
    `MaxFileSize ${maxFileSize}`,
    'MaxScanSize 2147483647',
    'StreamMaxLength 2147483647',
    'MaxScanTime 600000',
    '',
  ].join('\n')
}

async function untilReady(socketPath: string, process: ChildProcess): Promise<void> {
  const clamd = createClamd({ socketPath, pingTimeoutMs: 500 })
  const deadline = Date.now() + 20_000
  while (Date.now() < deadline && process.exitCode === null) {
    if (
      await clamd
        .ping()
        .then(() => true)
        .catch(() => false)
    )
      return
    await delay(50)
  }
  throw new Error('clamd does not start; is clamav-daemon installed?')
}

/** A clamd for the tests of one file. */
export function useClamd(limits: ClamdLimits = {}): TestClamd {
  let clamd: Awaited<ReturnType<typeof startClamd>> | undefined
  beforeAll(async () => {
    clamd = await startClamd(limits)
  }, 30_000)
  afterAll(() => clamd?.remove())
  return {
    get socketPath() {
      return clamd!.socketPath
    },
    get configPath() {
      return clamd!.configPath
    },
    start: () => clamd!.start(),
    stop: () => clamd!.stop(),
  }
}
