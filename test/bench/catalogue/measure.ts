import { fork } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { startServer } from '../../support/server.ts'
import { credentials, startAws } from '../accounts.ts'
import { settingsFor } from '../environment.ts'
import { createProgress } from '../progress.ts'
import { generateCatalogue, serverSettings } from './generate.ts'
import { type Measured, printPlans, printTimes, writeMarkdown } from './report.ts'
import type { CaseTimes } from './times.ts'

export interface CatalogueOptions {
  readonly scales: readonly number[]
  readonly isFresh: boolean
  /** The page that the figures are written into. */
  readonly markdown: string | undefined
  readonly hasPlans: boolean
  /** Part of the names of the routes that are measured. */
  readonly only: string
  /** Which was called, for the page. */
  readonly command: string
}

/** Kept between runs: a full library takes minutes to fill. */
const directory = '.local/bench/postgres'

/** The routes of the catalogue on libraries of growing size, on a server of their own. */
export async function measureCatalogue(options: CatalogueOptions): Promise<void> {
  const server = await startServer({ directory, settings: serverSettings })
  const measured: Measured[] = []
  try {
    for (const tracks of options.scales) {
      const url = await generateCatalogue(server.url, { tracks, isFresh: options.isFresh })
      measured.push({ tracks, times: await measureScale(url, tracks, options.only) })
    }
  } finally {
    await server.stop()
  }
  printTimes(measured)
  if (options.hasPlans) printPlans(measured)
  if (options.markdown) await writeMarkdown(options.markdown, measured, options.command)
}

async function measureScale(url: string, tracks: number, only: string): Promise<CaseTimes[]> {
  const aws = await startAws()
  const progress = createProgress()
  try {
    return await progress.step(`measured at ${tracks}`, 1, () =>
      timesOf({
        ...settingsFor(url),
        ...credentials,
        AWS_ENDPOINT_URL: `http://127.0.0.1:${(aws.address() as AddressInfo).port}`,
        BENCH_TRACKS: String(tracks),
        BENCH_ONLY: only,
      }),
    )
  } finally {
    progress.stop()
    aws.close()
    aws.closeAllConnections()
  }
}

/** Each case as the process that is timed tells of it. */
function timesOf(env: Readonly<Record<string, string>>): Promise<CaseTimes[]> {
  const child = fork(new URL('./process.ts', import.meta.url), {
    env: { ...process.env, ...env, POWERTOOLS_SERVICE_NAME: 'bench' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const times: CaseTimes[] = []
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The process that was timed ended with ${code}`)))
    child.on('message', (message: CaseTimes | 'done') => {
      if (message !== 'done') return times.push(message)
      resolve(times)
      return child.kill()
    })
  })
}
