import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Logger } from './aws/logger.ts'
import type { Answer } from './gateway/answer.ts'
import type { Schedules } from './schedules.ts'

/** Where the gateway serves them, for freshclam. */
export const localDefinitionsPath = '/_local/definitions/local.ndb'

/** Of nothing that occurs, for a file of definitions must hold at least one. */
const nothing = 'Veza.Local.Nothing:0:*:9f1c64d0a2e84bb7957e0c31d7f5a6e8\n'

export type LocalDefinitions = ReturnType<typeof createLocalDefinitions>

/**
 * Signatures of this machine's own, which the updater fetches beside ClamAV's: what is put here, the scanner finds. In
 * parts by name, so that several who do this do not get in each other's way.
 */
export function createLocalDefinitions(dataDir: string) {
  const folder = path.join(dataDir, 'clamav', 'local')
  let modified = new Date()

  return {
    read(): Answer {
      mkdirSync(folder, { recursive: true })
      const parts = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'))
      const headers = { 'content-type': 'text/plain', 'last-modified': modified.toUTCString() }
      return { status: 200, headers, body: [nothing, ...parts].join('') }
    },

    /** An empty text takes them away. */
    write(name: string, signatures: string): void {
      mkdirSync(folder, { recursive: true })
      const file = path.join(folder, `${name}.ndb`)
      if (signatures === '') rmSync(file, { force: true })
      else writeFileSync(file, `${signatures.trimEnd()}\n`)
      modified = new Date()
    },
  }
}

/** Short runs, tests above all, must not ask ClamAV's servers: they shut out whoever asks too often. */
const delayMs = 60_000
const intervalMs = 12 * 3_600_000

/** Runs the updater some time after the start, unless it ran lately. Returns how to cancel. */
export function scheduleFirstUpdate(options: {
  readonly dataDir: string
  readonly schedules: Pick<Schedules, 'run'>
  readonly logger: Logger
}): () => void {
  const stamp = path.join(options.dataDir, 'clamav', 'updated')
  if (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < intervalMs) return () => {}
  const update = async () => {
    writeFileSync(stamp, '')
    const { functionError, payload } = await options.schedules.run('definitions-updater')
    if (functionError) options.logger.warn(`The virus definitions were not updated: ${payload.slice(0, 300)}`)
  }
  const timer = setTimeout(
    () => void update().catch((error: Error) => options.logger.warn(error.message)),
    delayMs,
  )
  timer.unref()
  return () => clearTimeout(timer)
}
