import { fork } from 'node:child_process'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { startClamd } from '../../support/clamd.ts'
import { credentials } from '../accounts.ts'
import type { Tell } from '../progress.ts'
import { masterBytes, startImaginedS3 } from './imagined-s3.ts'
import { mebibyte, pretty, type Section, type Summary, times } from './section.ts'

/** The one in between shows how much is slack of the collector, which a small file never fills. */
const sizes = [mebibyte, 64 * mebibyte, 2 ** 31] as const
const kinds = ['scan', 'analysis'] as const
type Kind = (typeof kinds)[number]
const names: Readonly<Record<Kind, string>> = { scan: 'a scan', analysis: 'metadata and analysis' }
const mostRatio = 1.2
const longestMs = 300_000

export const memorySteps = kinds.length * sizes.length

/** Bytes at their most, of the process itself and of the largest program that it ran. */
interface Peak {
  readonly own: number
  readonly programs: number
  readonly ms: number
}

/** Each file in a process of its own: the one for nothing like that which others have left behind. */
export async function measureMemory(tell: Tell): Promise<Section> {
  const program = await bundle()
  const clamav = await startClamd()
  const { url, server } = await startImaginedS3()
  try {
    const env = { ...process.env, ...credentials, AWS_ENDPOINT_URL: url, CLAMD_SOCKET: clamav.socketPath }
    const peaks: Record<Kind, Peak[]> = { scan: [], analysis: [] }
    for (const kind of kinds) {
      for (const size of sizes) {
        peaks[kind].push(await peakOf(program, [kind, String(masterBytes(size))], env))
        tell(1)
      }
    }
    return toSection(peaks)
  } finally {
    server.close()
    server.closeAllConnections()
    await clamav.remove()
  }
}

/** As what is deployed: stripping types takes more memory than a scan. Within the repository, to find its packages. */
async function bundle(): Promise<string> {
  const outfile = resolve('.local/bench/memory-process.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'memory-process.ts')],
    ...{ outfile, bundle: true, platform: 'node', format: 'esm', target: 'node22', packages: 'external' },
  })
  return outfile
}

function peakOf(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Peak> {
  const started = performance.now()
  // Not what this process was told by --inspect and the like.
  const child = fork(program, args, { env, execArgv: [], timeout: longestMs })
  return new Promise((fulfil, reject) => {
    child.once('message', (peak: Omit<Peak, 'ms'>) => fulfil({ ...peak, ms: performance.now() - started }))
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(
        new Error(`${args.join(' ')} ended with ${signal ?? code}, after at most ${longestMs / 1_000} s`),
      ),
    )
  })
}

function toSection(peaks: Readonly<Record<Kind, readonly Peak[]>>): Section {
  const inMiB = (bytes: number) => pretty(bytes / mebibyte)
  const lines = kinds.map((kind) => {
    const [small, middle, large] = peaks[kind] as [Peak, Peak, Peak]
    return {
      name: names[kind],
      large,
      all: peaks[kind],
      toSmall: large.own / small.own,
      toMiddle: large.own / middle.own,
    }
  })
  return {
    title: 'Memory: MiB at the most, for files of 1 MiB, 64 MiB and 2 GiB',
    head: ['What', '1 MiB', '64 MiB', '2 GiB', 'to 1 MiB', 'to 64 MiB', 'ffmpeg', 's for 2 GiB', ''],
    rows: lines.map(({ name, large, all, toSmall, toMiddle }) => [
      ...[name, ...all.map(({ own }) => inMiB(own)), times(toSmall), times(toMiddle)],
      all.some(({ programs }) => programs > 0) ? all.map(({ programs }) => inMiB(programs)).join(', ') : '–',
      pretty(large.ms / 1_000),
      toSmall > mostRatio ? `over ${mostRatio}× of 1 MiB` : '',
    ]),
    notes: [
      `Goal: at most ${mostRatio}× of a file of 1 MiB. Each file in a process of its own, bundled as a function and read by the SDK from an S3 that makes it up: a WAV of 192 kHz in 32 bits, 23 minutes of noise in 2 GiB.`,
      "The peak is that of the resident memory as the kernel counts it, Node and the SDK included; ffmpeg's is counted apart. A collector lets some tens of MiB of buffers lie before it collects them, which a file of 1 MiB never fills: that of 64 MiB tells them from what grows with the file.",
    ],
    summary: lines.map(
      ({ name, all, toSmall, toMiddle }): Summary => [
        `peak memory of ${name}, a file of 2 GiB over one of 1 MiB (64 MiB)`,
        `${toSmall.toFixed(2)} × (${toMiddle.toFixed(2)} ×), ${all.map(({ own }) => inMiB(own)).join(', ')} MiB`,
        `≤ ${mostRatio}`,
      ],
    ),
  }
}
