import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import type { Logger } from '../aws/logger.ts'
import { type Child, startChild } from './child.ts'
import { findProgram } from './find-program.ts'

/** Short runs, tests above all, must not ask ClamAV's servers: they shut out whoever asks too often. */
const DELAY_MS = 60_000
const MIN_INTERVAL_MS = 12 * 3600_000

/** Fetches the definitions some time after the start, where freshclam and a network are there. Returns how to cancel. */
export function scheduleFreshclam(options: {
  readonly directory: string
  readonly logger: Logger
  readonly reload: () => Promise<unknown>
}): () => void {
  const stamp = path.join(options.directory, 'freshclam.stamp')
  const freshclam = findProgram('freshclam')
  if (!freshclam || (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < MIN_INTERVAL_MS))
    return () => {}
  let child: Child | undefined
  const update = async () => {
    child = await startChild(freshclam, [`--config-file=${writeConfig(options.directory)}`, '--stdout'])
    const { code } = await child.exited
    if (code !== 0) throw new Error(child.lines.at(-1) ?? `freshclam ended with ${code}`)
    writeFileSync(stamp, '')
    await options.reload()
  }
  const timer = setTimeout(() => {
    update().catch((error: Error) =>
      options.logger.warn(`The virus definitions were not updated: ${error.message}`),
    )
  }, DELAY_MS)
  timer.unref()
  return () => {
    clearTimeout(timer)
    void child?.stop({ signal: 'SIGTERM', graceMs: 500 })
  }
}

function writeConfig(directory: string): string {
  const file = path.join(directory, 'freshclam.conf')
  const definitions = path.join(directory, 'definitions')
  mkdirSync(definitions, { recursive: true })
  writeFileSync(
    file,
    [
      `DatabaseDirectory ${definitions}`,
      `DatabaseOwner ${userInfo().username}`,
      'DatabaseMirror database.clamav.net',
      'ConnectTimeout 10',
      'ReceiveTimeout 60',
      'MaxAttempts 1',
      'TestDatabases no',
      '',
    ].join('\n'),
  )
  return file
}
