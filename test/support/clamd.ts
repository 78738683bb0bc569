import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
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

type Texts = Readonly<Record<string, string>>

/** The local platform's clamd, in a directory of its own and with the test signatures only, and those given by file. */
export async function startClamd(settings: Texts = {}, signatures: Texts = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'clamd-'))
  const definitions = join(dataDir, 'clamav', 'definitions')
  await mkdir(definitions, { recursive: true })
  for (const [name, text] of Object.entries(signatures)) await writeFile(join(definitions, name), text)
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
export function useClamd(settings: Texts = {}, signatures: Texts = {}): TestClamd {
  let clamd: Awaited<ReturnType<typeof startClamd>> | undefined
  beforeAll(async () => {
    clamd = await startClamd(settings, signatures)
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
