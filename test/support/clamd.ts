import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clamd, createClamd } from '../../infra/local/parts/clamd.ts'

export interface TestClamd {
  readonly socketPath: string
  /** For clamd's own programs. */
  readonly configPath: string
  start(): Promise<void>
  stop(): Promise<void>
}

const silent = { info: () => {}, warn: () => {}, error: () => {} }

/** The local platform's clamd, in a directory of its own and with the test signatures only. */
export async function startClamd(settings: Readonly<Record<string, string>> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'clamd-'))
  const clamd: Clamd = createClamd({ dataDir, logger: silent, settings, update: false })
  const start = async () => {
    await clamd.start()
    if (clamd.status.state !== 'running') throw new Error(clamd.status.detail)
  }
  await start()
  return {
    socketPath: clamd.socket,
    configPath: join(dataDir, 'clamav', 'clamd.conf'),
    start,
    stop: () => clamd.stop(),
    async remove() {
      await clamd.stop()
      await rm(dataDir, { recursive: true })
    },
  }
}

/** A clamd for the tests of one file. */
export function useClamd(settings: Readonly<Record<string, string>> = {}): TestClamd {
  let clamd: Awaited<ReturnType<typeof startClamd>> | undefined
  beforeAll(async () => {
    clamd = await startClamd(settings)
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
