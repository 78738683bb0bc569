import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'

export interface FreshclamSettings {
  readonly program: string
  /** Where the engine's own definitions come from: empty for ClamAV's servers, `off` for nowhere. */
  readonly mirror: string
  /** Files beside them, each by its URL. */
  readonly urls: readonly string[]
  /** With some seconds between. */
  readonly attempts?: number
  readonly timeoutMs?: number
}

export interface Fetched {
  /** A source has asked us to stay away for a while; what there is stays. */
  readonly is_cooling_down: boolean
  /** In freshclam's words, for each source that gave nothing. */
  readonly failures: readonly string[]
}

export interface Freshclam {
  readonly mirror: string
  readonly urls: readonly string[]
  /** Brings the definitions in a directory up to date. What it cannot verify, it does not put there. */
  update(directory: string): Promise<Fetched>
}

/** What freshclam keeps for itself: who it is to the servers, and until when it must not come again. */
export const stateFile = 'freshclam.dat'

/** By freshclam, when a server answered 403. */
const forbidden = 17

/**
 * Each source by itself, so that one that fails does not keep the others back. Whole files rather than differences:
 * what is put together from differences carries no signature, and clamd checks it once more when it loads a file.
 */
export function createFreshclam(settings: FreshclamSettings): Freshclam {
  const { program, mirror, urls, attempts = 3, timeoutMs = 240_000 } = settings
  const sources = [
    ...(mirror === 'off' ? [] : [{ lines: [officialSource(mirror)], args: [] }]),
    // An official source must be named, though it is not asked.
    ...urls.map((url) => ({
      lines: ['DatabaseMirror database.clamav.net', `DatabaseCustomURL ${oneLine(url)}`],
      args: ['--update-db=custom'],
    })),
  ]

  return {
    mirror,
    urls,
    async update(directory) {
      const failures: string[] = []
      let is_cooling_down = false
      for (const { lines, args } of sources) {
        const { status, output } = await run(
          program,
          await configure(directory, [...lines, `MaxAttempts ${attempts}`]),
          args,
          timeoutMs,
        )
        is_cooling_down ||= status === forbidden || output.some((line) => line.includes('on cool-down until'))
        if (status !== 0 && status !== forbidden) failures.push(lastWords(output, status))
      }
      return { is_cooling_down, failures }
    },
  }
}

const officialSource = (mirror: string) =>
  mirror === '' ? 'DatabaseMirror database.clamav.net' : `PrivateMirror ${oneLine(mirror)}`

/** A setting is one line, whatever is in it. */
function oneLine(url: string): string {
  if (!URL.canParse(url) || /[\s"']/.test(url)) throw new Error(`${JSON.stringify(url)} is no URL`)
  return url
}

async function configure(directory: string, source: readonly string[]): Promise<string> {
  const file = path.join(directory, 'freshclam.conf')
  const lines = [
    `DatabaseDirectory ${directory}`,
    // It would give up root for another user, who cannot write here.
    ...(process.getuid?.() === 0 ? ['DatabaseOwner root'] : []),
    'ScriptedUpdates no',
    'TestDatabases yes',
    'ConnectTimeout 20',
    'ReceiveTimeout 180',
    ...source,
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  return file
}

interface Ended {
  readonly status: number | null
  readonly output: readonly string[]
}

function run(program: string, config: string, args: readonly string[], timeoutMs: number): Promise<Ended> {
  const child = spawn(program, [`--config-file=${config}`, '--stdout', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  const output: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => output.push(line))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, output }))
  })
}

function lastWords(output: readonly string[], status: number | null): string {
  const told = output.filter((line) => /^(ERROR|WARNING|Update failed)/.test(line)).slice(-4)
  return `freshclam ended with ${status ?? 'a time-out'}: ${told.join(' | ')}`
}
