import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clamd, createClamd } from '../../infra/local/parts/clamd.ts'

export interface TestClamd {
  readonly socketPath: string
  /** What the image of the scan function would set. */
  readonly environment: Readonly<Record<string, string>>
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
  const clamd: Clamd = createClamd({ dataDir, logger: silent, settings })
  if (Object.keys(signatures).length > 0) await addSignatures(clamd, signatures)
  const start = async () => {
    await clamd.start()
    if (clamd.status.state !== 'running') throw new Error(clamd.status.detail)
  }
  await start()
  return {
    socketPath: clamd.socket,
    environment: clamd.environment,
    configPath: join(dataDir, 'clamav', 'clamd.conf'),
    start,
    stop: () => clamd.stop(),
    async remove() {
      await clamd.stop()
      await rm(dataDir, { recursive: true })
    },
  }
}

/** A set beside that of the image, which the engine finds as it starts. */
async function addSignatures({ environment }: Clamd, signatures: Texts): Promise<void> {
  const { DEFINITIONS_DIRECTORY: directory, BUNDLED_DEFINITIONS: bundled } = environment
  const set = join(directory!, 'sets', 'test')
  await mkdir(set, { recursive: true })
  for (const name of await readdir(bundled!)) await copyFile(join(bundled!, name), join(set, name))
  for (const [name, text] of Object.entries(signatures)) await writeFile(join(set, name), text)
  await symlink(set, join(directory!, 'current'))
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
    get environment() {
      return clamd!.environment
    },
    get configPath() {
      return clamd!.configPath
    },
    start: () => clamd!.start(),
    stop: () => clamd!.stop(),
  }
}
