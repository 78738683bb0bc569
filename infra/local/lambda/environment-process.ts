import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { buildSync } from 'esbuild'
import type { FunctionDefinition } from './definition.ts'
import type { PlatformMessage } from './protocol.ts'

const PAGE_BYTES = 4096

const running = new Set<ChildProcess>()

// However the platform ends, no environment goes on without it.
process.once('exit', () => {
  for (const child of running) killAll(child)
})

/** An environment with all that it has started, which would otherwise outlive it. */
export function killAll({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing of it runs any more.
  }
}

let runtimeSource: string | undefined

/** The environment's program, bundled once and not once an environment. */
function runtime(): string {
  runtimeSource ??= buildSync({
    entryPoints: [path.join(import.meta.dirname, 'runtime.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  }).outputFiles[0]!.text
  return runtimeSource
}

/** Starts the process of an environment and has it load its function. */
export function startProcess(definition: FunctionDefinition): ChildProcess {
  const heapMb = Math.ceil(definition.memoryMb * 0.9)
  const args = [`--max-old-space-size=${heapMb}`, '--input-type=module', '--eval', runtime()]
  const child = spawn(process.execPath, args, {
    cwd: definition.codeDir,
    env: definition.environment,
    // A process group of its own.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  send(child, loadMessage(definition))
  return child
}

function loadMessage(definition: FunctionDefinition): PlatformMessage {
  const { name, arn, codeDir, handler, memoryMb, runtimePackages } = definition
  return {
    kind: 'load',
    codeDir,
    handler,
    runtimePackages,
    context: {
      functionName: name,
      functionVersion: '$LATEST',
      invokedFunctionArn: arn,
      memoryLimitInMB: String(memoryMb),
      logGroupName: `/aws/lambda/${name}`,
      logStreamName: `local/${randomUUID()}`,
    },
  }
}

/** A process that just ended cannot be told anything; its `exit` event answers the call. */
export function send(child: ChildProcess, message: PlatformMessage): void {
  if (child.connected) child.send(message, () => {})
}

/** Where there is no /proc only the limit of the heap holds. */
export function residentBytes(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
  } catch {
    return 0
  }
}
