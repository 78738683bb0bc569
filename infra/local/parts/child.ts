import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Child {
  readonly pid: number
  /** The last lines it printed, for the message when it fails. */
  readonly lines: readonly string[]
  readonly exited: Promise<Exit>
  /** Resolves at the first line that matches; rejects when it ends before, or takes too long. */
  waitForLine(pattern: RegExp, timeoutMs: number): Promise<void>
  stop(options: { readonly signal: NodeJS.Signals; readonly graceMs: number }): Promise<void>
}

export interface ChildOptions extends SpawnOptions {
  readonly onLine?: (line: string) => void
  /** Ends it at once, where SIGKILL would leave behind what it has started itself. */
  readonly lastSignal?: NodeJS.Signals
}

const KEPT_LINES = 20
/** What is still up, and what ends it at once. */
const running = new Map<ChildProcess, NodeJS.Signals>()

// Whatever way this process ends, what it started must not outlive it.
process.once('exit', () => {
  for (const [child, lastSignal] of running) kill(child, lastSignal)
})

/** Starts a process in a group of its own: Ctrl-C in the terminal reaches the platform only, which ends things in order. */
export function startChild(
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<Child> {
  const { onLine, lastSignal = 'SIGKILL', ...spawnOptions } = options
  const child = spawn(command, args, { ...spawnOptions, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const lines: string[] = []
  const listeners = new Set<(line: string) => void>()
  const take = (line: string) => {
    lines.push(line)
    if (lines.length > KEPT_LINES) lines.shift()
    onLine?.(line)
    for (const listener of listeners) listener(line)
  }
  for (const output of [child.stdout, child.stderr]) {
    if (output) createInterface({ input: output }).on('line', take)
  }
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child)
      resolve({ code, signal })
    })
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => {
      running.set(child, lastSignal)
      resolve({
        pid: child.pid!,
        lines,
        exited,
        waitForLine: (pattern, timeoutMs) =>
          waitForLine({ pattern, timeoutMs, lines, listeners, exited, command }),
        stop: ({ signal, graceMs }) => stop({ child, exited, signal, lastSignal, graceMs }),
      })
    })
  })
}

/** Why a server is gone; whoever was killed from outside had no time to say anything about it. */
export function describeEnd(name: string, { code, signal }: Exit, lines: readonly string[]): string {
  if (signal) return `${name} was ended by ${signal}.`
  return [`${name} ended by itself (exit status ${code}):`, ...lines.slice(-3)].join('\n  ')
}

/** Runs a command to its end; its output where it succeeded, an error with its last words where it did not. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<string> {
  const output: string[] = []
  const child = await startChild(command, args, { ...options, onLine: (line) => output.push(line) })
  const { code, signal } = await child.exited
  if (code === 0) return output.join('\n')
  throw new Error(`${command} ended with ${signal ?? code}:\n${child.lines.join('\n')}`)
}

function waitForLine(wait: {
  readonly pattern: RegExp
  readonly timeoutMs: number
  readonly lines: readonly string[]
  readonly listeners: Set<(line: string) => void>
  readonly exited: Child['exited']
  readonly command: string
}): Promise<void> {
  const { pattern, timeoutMs, lines, listeners, exited, command } = wait
  const lastWords = (what: string) => new Error(`${command} ${what}:\n${lines.join('\n')}`)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const listener = (line: string) => {
    if (pattern.test(line)) resolve()
  }
  listeners.add(listener)
  lines.forEach(listener)
  const timer = setTimeout(() => reject(lastWords(`is not up after ${timeoutMs} ms`)), timeoutMs)
  void exited.then(() => reject(lastWords('ended')))
  return promise.finally(() => {
    clearTimeout(timer)
    listeners.delete(listener)
  })
}

async function stop({
  child,
  exited,
  signal,
  lastSignal,
  graceMs,
}: {
  readonly child: ChildProcess
  readonly exited: Child['exited']
  readonly signal: NodeJS.Signals
  readonly lastSignal: NodeJS.Signals
  readonly graceMs: number
}): Promise<void> {
  kill(child, signal)
  const timer = setTimeout(() => kill(child, lastSignal), graceMs)
  await exited
  clearTimeout(timer)
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    child.kill(signal)
  } catch {
    // it ended by itself
  }
}
