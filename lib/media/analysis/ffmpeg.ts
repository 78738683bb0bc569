import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import type { Readable } from 'node:stream'
import ffmpeg from '@ffmpeg-installer/ffmpeg'

export interface FfmpegRun {
  readonly args: readonly string[]
  /** Takes what it writes: the first its standard output, the next one its descriptor 3. */
  readonly sinks: readonly ((chunk: Buffer) => void)[]
  readonly timeoutMs: number
}

/** It ended otherwise than it should: by an error of its own, in the end of its time, or killed from outside. */
export class FfmpegFailed extends Error {
  override name = 'FfmpegFailed'
  readonly reason: 'error' | 'timeout' | 'killed'

  constructor(reason: FfmpegFailed['reason'], log: string, options?: ErrorOptions) {
    super(`ffmpeg ended by ${reason}: ${lastLines(log)}`, options)
    this.reason = reason
  }
}

/** Of a log that a hostile file may make endless, its end is kept: the summary stands there. */
const keptLog = 16 * 1024

/** Runs ffmpeg without our environment, and answers with the end of its log. A sink that throws ends it. */
export async function runFfmpeg({ args, sinks, timeoutMs }: FfmpegRun): Promise<string> {
  const stdio = ['ignore', 'pipe', 'pipe', ...sinks.slice(1).map(() => 'pipe' as const)] as const
  const child = spawn(ffmpeg.path, args, { cwd: tmpdir(), env: {}, stdio: [...stdio] })
  const outputs = [child.stdout, ...child.stdio.slice(3)] as Readable[]
  let timedOut = false
  let sinkError: unknown
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, timeoutMs)
  for (const [index, output] of outputs.entries()) {
    output.on('data', (chunk: Buffer) => {
      if (sinkError !== undefined) return
      try {
        sinks[index]!(chunk)
      } catch (error) {
        sinkError = error
        child.kill('SIGKILL')
      }
    })
  }
  let log = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-keptLog)
  })
  try {
    const { code, error } = await ended(child)
    if (sinkError !== undefined) throw sinkError
    if (timedOut) throw new FfmpegFailed('timeout', log)
    if (error) throw new FfmpegFailed('killed', log, { cause: error })
    if (code !== 0) throw new FfmpegFailed(code === null ? 'killed' : 'error', log)
    return log
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
  }
}

/** Resolves once it is gone and all that it wrote was taken. */
function ended(child: ChildProcess): Promise<{ code: number | null; error?: Error }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, error }))
    child.once('close', (code) => resolve({ code }))
  })
}

const lastLines = (log: string) => log.trim().split('\n').slice(-3).join(' | ').slice(-500)
